import { chooseFiles, chooseFolder } from '../drop/drop-target.tsx'
import { examples, openExample } from '../state/examples.ts'
import { jobs } from '../state/jobs.ts'
import { preloading } from '../state/preloaded.ts'
import { route } from '../state/route.ts'
import { Jobs, Kept } from './model-list.tsx'

/** The page before anything is dropped. */
export function Welcome() {
  const { a, b } = route.value
  return (
    <main class="welcome">
      <div class="middle">
        {jobs.value.length > 0 && (
          <div class="card jobs">
            <Jobs />
          </div>
        )}
        <Kept />
        <div class="drop">
          <img src="./icon.svg" width="44" height="44" alt="" />
          <h1>Drop models, folders or a results folder</h1>
          <p class="muted">
            See every 3×3 filter of a trained network, and how good its layers are. Nothing leaves this computer.
          </p>
          <div class="row">
            <button type="button" class="button main" onClick={chooseFiles}>
              Choose files
            </button>
            <button type="button" class="button" onClick={chooseFolder}>
              Choose a folder
            </button>
          </div>
          <p class="small muted">
            ONNX, PyTorch, safetensors, TensorFlow, TensorFlow.js, TensorFlow Lite, Keras, OpenVINO, Flax, Orbax, GGUF, Core ML,
            Caffe, darknet, ncnn, Paddle, MXNet, NumPy, HDF5 data sets, Arrow, Parquet, and zips of them
          </p>
        </div>
        {a && jobs.value.length === 0 && !preloading.value && (
          <p class="note quiet" style={{ marginTop: '16px' }}>
            This address shows <strong class="name">{b ? `${a} beside ${b}` : a}</strong>. Drop {b ? 'both models' : 'that model'}{' '}
            again to see it.
          </p>
        )}
        <h2 class="small muted or">Or look at an example first</h2>
        <ul class="examples">
          {examples.map((example) => (
            <li key={example.id}>
              <button type="button" class="example" onClick={() => openExample(example)}>
                <strong>{example.title}</strong>
                <span class="small muted">{example.text}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </main>
  )
}
