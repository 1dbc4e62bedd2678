import { useState } from 'preact/hooks'
import { count, plural } from '../../words.ts'
import { lazy } from '../parts/lazy.tsx'
import { useContents } from '../state/contents.ts'
import type { Loaded } from '../state/models.ts'

const FileTensors = lazy(async () => (await import('./file-tensors.tsx')).FileTensors)

/** All that the model's file holds, to be unfolded; unfolded already where nothing was measured. */
export function FileContents({ model }: { model: Loaded }) {
  const contents = useContents(model)
  const [isOpen, setOpen] = useState(model.layers.length === 0)
  if (!contents) return null
  return (
    <details class="card" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {contents.isWhole ? 'Everything in the file' : 'In the file'}: {plural(contents.convolutions.length, 'convolution')},{' '}
        {contents.isWhole
          ? plural(contents.others.length, 'other tensor')
          : `${count(contents.others.length)} left out; the reader of this format lists convolutions only`}
      </summary>
      {isOpen && <FileTensors model={model} contents={contents} />}
    </details>
  )
}
