// Inputs of bench/end-to-end.ts: the same made-up weights in every format.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { databaseWriter } from '../src/database/writer.ts'
import type { OutputFolder } from '../src/io/sink.ts'
import type { WasmInstance } from '../src/wasm/module.ts'
import * as onnx from '../test/sources/onnx/model.ts'
import { concat, message, number, string } from '../test/sources/onnx/protobuf.ts'
import { writeSafetensors } from '../test/sources/safetensors/write.ts'

/** `layers` layers of side × side filters; layer k holds filters from `from(k)` on. */
export interface Plan {
  readonly layers: number
  readonly side: number
}

const LAYERS_PER_MODEL = 100

/** Layers begin at different filters, so that no two are alike. */
const firstOf = (values: Float32Array, { side }: Plan, layer: number): number =>
  (layer * 7919) % Math.max(1, values.length / 9 - side * side + 1)

function layerOf(values: Float32Array<ArrayBuffer>, plan: Plan, layer: number): Float32Array<ArrayBuffer> {
  const first = firstOf(values, plan, layer)
  return values.subarray(9 * first, 9 * (first + plan.side ** 2))
}

const bytesOf = (values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** A filter database in `folder`, not flushed to the disk: it is read from the cache. */
export async function writeDatabase(
  folder: string,
  wasm: WasmInstance,
  values: Float32Array<ArrayBuffer>,
  plan: Plan,
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const writer = await databaseWriter(unflushed(folder), wasm, {})
  const name = (layer: number): string => `model ${Math.floor(layer / LAYERS_PER_MODEL)}`
  const { side } = plan
  for (let k = 0; k < plan.layers; k++) {
    const of = layerOf(values, plan, k)
    const depth = k % LAYERS_PER_MODEL
    await writer.addLayer(
      {
        model: name(k),
        layer: `layer ${depth}`,
        layer_id: depth,
        depth,
        conv_depth: depth,
        conv_depth_norm: depth / (LAYERS_PER_MODEL - 1),
        in_channels: side,
        out_channels: side,
        groups: 1,
        node: null,
      },
      {
        filters: side * side,
        taps: 9,
        scratchBytes: 0,
        async read(into, address, _scratch, from, count) {
          into.f32(address, 9 * count).set(of.subarray(9 * from, 9 * (from + count)))
          return 0
        },
      },
    )
  }
  await writer.commit(
    Array.from({ length: Math.ceil(plan.layers / LAYERS_PER_MODEL) }, (_, k) => ({
      model: name(k * LAYERS_PER_MODEL),
      file: 'made up',
      bytes: 0,
      sha256: null,
      format: 'none',
      producer: null,
      opset: null,
      depth_source: 'graph',
      revision: null,
      meta: {},
    })),
  )
}

function unflushed(folder: string): OutputFolder {
  return {
    name: folder,
    async create(path) {
      const file = openSync(join(folder, path), 'w')
      return {
        async write(bytes) {
          for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
        },
        async flush() {},
        readBack: () => Promise.reject(new Error('nothing is read back here')),
        commit: async () => closeSync(file),
        discard: async () => closeSync(file),
      }
    },
    async remove() {},
    async sync() {},
  }
}

/** One model with the plan's layers as safetensors, ONNX, PyTorch checkpoint and dataset.h5: paths by what they are. */
export async function writeFormats(folder: string, values: Float32Array<ArrayBuffer>, plan: Plan): Promise<Map<string, string>> {
  const layers = Array.from({ length: plan.layers }, (_, k) => layerOf(values, plan, k))
  const shape = [plan.side, plan.side, 3, 3]
  const out = new Map<string, string>()
  const put = (name: string, file: string, bytes: Uint8Array): void => {
    out.set(name, join(folder, file))
    writeFileSync(join(folder, file), bytes)
  }
  const tensors = layers.map((of, k) => [`layer${k}.weight`, { dtype: 'F32', shape, bytes: bytesOf(of) }] as const)
  put('safetensors', 'model.safetensors', writeSafetensors(Object.fromEntries(tensors)))
  put('ONNX', 'model.onnx', onnxModel(layers, shape))
  put('PyTorch', 'model.pt', checkpoint(layers, shape))
  for (const type of ['<d', '<f'] as const) {
    const file = join(folder, `dataset${type === '<d' ? 64 : 32}.h5`)
    out.set(`dataset.h5, ${type === '<d' ? 'float64' : 'float32'}`, file)
    await writeDataset(file, layers, plan.side, type)
  }
  return out
}

function onnxModel(layers: readonly Float32Array<ArrayBuffer>[], shape: readonly number[]): Uint8Array {
  const nodes = layers.map((_, k) => message(1, [onnx.node('Conv', [`x${k}`, `w${k}`], [`x${k + 1}`])]))
  const initializers = layers.map((of, k) => message(5, [onnx.tensor(`w${k}`, shape, onnx.FLOAT, onnx.raw(bytesOf(of)))]))
  const graph = message(7, [...nodes, string(2, 'graph'), ...initializers, message(11, [string(1, 'x0')])])
  return concat([number(1, 8), string(2, 'bench'), graph, message(8, [number(2, 17)])])
}

/** What torch.save writes of a dictionary of tensors: a zip of a pickle and one file per tensor. */
export function checkpoint(layers: readonly Float32Array<ArrayBuffer>[], shape: readonly number[]): Uint8Array {
  const text = (value: string): Uint8Array => {
    const bytes = strToU8(value)
    return concat([Uint8Array.of(0x58), int32(bytes.length), bytes])
  }
  const int = (value: number): Uint8Array => concat([strToU8('J'), int32(value)])
  const tuple = (...items: Uint8Array[]): Uint8Array => concat([strToU8('('), ...items, strToU8('t')])
  const global = (module: string, name: string): Uint8Array => strToU8(`c${module}\n${name}\n`)
  const strides = shape.map((_, k) => shape.slice(k + 1).reduce((n, d) => n * d, 1))
  const items = layers.flatMap((of, k) => {
    const storage = tuple(text('storage'), global('torch', 'FloatStorage'), text(String(k)), text('cpu'), int(of.length))
    const hooks = concat([global('collections', 'OrderedDict'), strToU8(')R')])
    const tensor = tuple(
      concat([storage, strToU8('Q')]),
      int(0),
      tuple(...shape.map(int)),
      tuple(...strides.map(int)),
      FALSE,
      hooks,
    )
    return [text(`layer${k}.weight`), global('torch._utils', '_rebuild_tensor_v2'), tensor, strToU8('R')]
  })
  const pickle = concat([Uint8Array.of(0x80, 2), strToU8('}('), ...items, strToU8('u.')])
  const data = layers.map((of, k) => [`model/data/${k}`, bytesOf(of)] as const)
  return zipSync({ 'model/data.pkl': pickle, ...Object.fromEntries(data), 'model/version': strToU8('3\n') }, { level: 0 })
}

const FALSE = Uint8Array.of(0x89)
const int32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer)

async function writeDataset(
  path: string,
  layers: readonly Float32Array<ArrayBuffer>[],
  side: number,
  dtype: '<d' | '<f',
): Promise<void> {
  const h5wasm = await import('h5wasm/node')
  await h5wasm.ready
  const count = side * side
  const data = new (dtype === '<d' ? Float64Array : Float32Array)(9 * count * layers.length)
  layers.forEach((of, k) => {
    data.set(of, 9 * count * k)
  })
  const rows = layers.map((_, k) => `0,net,${k},${side},${side},${k * count}:${(k + 1) * count - 1}`)
  const table = strToU8(`model_id,model,conv_depth,in_channels,out_channels,filter_ids\n${rows.join('\n')}\n`)
  const file = new h5wasm.File(path, 'w')
  file.create_dataset({ name: 'filters', data, shape: [count * layers.length, 3, 3], dtype })
  file.create_dataset({ name: 'meta', data: table, shape: [table.length], dtype: '<B' })
  file.close()
}
