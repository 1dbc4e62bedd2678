import { InputError } from '../errors.ts'
import type { Convolution } from '../sources/source.ts'
import type { WasmInstance } from '../wasm/module.ts'
import type { ConvShape, WeightPlan } from '../weights/plan.ts'
import { storedBytes } from '../weights/stored-bytes.ts'

/** More than this is no first layer and no row of a picture. */
const MOST_BYTES = 1 << 29

/**
 * The values of a plan as float32 in (out, in, row, column) order, the first `shape[0]` output channels of them.
 * For what a picture needs: the whole span is read in one piece. @throws InputError when the file is too short or the span over 512 MB
 */
export async function readValues(wasm: WasmInstance, plan: WeightPlan, shape: ConvShape): Promise<Float32Array> {
  const [out, perGroup, height, width] = shape
  const n = out * perGroup * height * width
  if (n === 0) return new Float32Array(0)
  const strides = plan.strides ?? [perGroup * height * width, height * width, width, 1]
  const last = shape.map((size, axis) => (size - 1) * strides[axis]!)
  if (last.some((step) => step < 0)) throw new RangeError('a plan with negative strides')
  const span = (last.reduce((sum, step) => sum + step, 0) + 1) * storedBytes[plan.dtype]
  if (Math.max(span, 4 * n) > MOST_BYTES)
    throw new InputError(plan.access.name, `a tensor of ${shape.join('×')} is too large to be drawn`)
  const bytes = await plan.access.read(plan.offset, span)
  const room = (4 * n + 15) & ~15
  const destination = wasm.reserve(room + span)
  const source = destination + room
  wasm.u8(source, span).set(bytes)
  const { dequantise } = plan
  wasm.decode({
    dtype: plan.dtype,
    source,
    destination,
    shape,
    strides,
    dequantise: dequantise && firstChannels(dequantise, out),
  })
  return wasm.f32(destination, n).slice()
}

/** The first filters of a layer in (out, in) order: at most `count` of them, taps·taps values each. */
export async function readFirstFilters(wasm: WasmInstance, layer: Convolution, count: number): Promise<Float32Array> {
  const [out, perGroup, height, width] = layer.shape
  if (perGroup === 0) return new Float32Array(0)
  const rows = Math.min(out, Math.ceil(count / perGroup))
  const columns = Math.min(perGroup, count)
  const values = await readValues(wasm, widen(layer), [rows, columns, height, width])
  return values.slice(0, count * height * width)
}

/** The plan with its strides written out, so that fewer channels can be asked of it. */
function widen(layer: Convolution): WeightPlan {
  const [, perGroup, height, width] = layer.shape
  return { ...layer.weights, strides: layer.weights.strides ?? [perGroup * height * width, height * width, width, 1] }
}

function firstChannels(dequantise: NonNullable<WeightPlan['dequantise']>, out: number): NonNullable<WeightPlan['dequantise']> {
  const cut = (value: number | Float64Array) => (typeof value === 'number' ? value : value.subarray(0, out))
  return { ...dequantise, scale: cut(dequantise.scale), zero: cut(dequantise.zero) }
}
