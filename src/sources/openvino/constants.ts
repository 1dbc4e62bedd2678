import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { numbersOf } from '../../weights/numbers.ts'
import type { Dequantisation } from '../../weights/plan.ts'
import { type IrLayer, type IrNetwork, numbers } from './network.ts'

const TYPES: Readonly<Record<string, readonly [dtype: StoredType, bytes: number]>> = {
  f32: ['float32', 4],
  f16: ['float16', 2],
  bf16: ['bfloat16', 2],
  f64: ['float64', 8],
  i8: ['int8', 1],
  u8: ['uint8', 1],
  i16: ['int16', 2],
  u16: ['uint16', 2],
  i32: ['int32', 4],
  f8e4m3: ['float8e4m3fn', 1],
  f8e5m2: ['float8e5m2', 1],
}
const FARTHEST = 64
const LARGEST_SCALE = 1 << 20

/** A constant behind what compresses or reshapes it. */
export interface IrConstant {
  readonly name: string
  /** As its consumer sees it. */
  readonly shape: readonly number[]
  readonly dtype: StoredType
  readonly offset: number
  readonly dequantise?: Dequantisation
  /** A FakeQuantize stands between it and its consumer. */
  readonly isRounded: boolean
}

/** The constants of a network, whose values lie in `bin`. */
export class IrConstants {
  readonly #network: IrNetwork
  readonly #bin: RandomAccess

  constructor(network: IrNetwork, bin: RandomAccess) {
    this.#network = network
    this.#bin = bin
  }

  /**
   * The constant that reaches a layer's input through Convert, Reshape, Subtract of a zero point, Multiply by a scale and
   * FakeQuantize; the reason when there is none that can be read. `out` is the number of output channels.
   */
  async find(id: string | undefined, out: (shape: readonly number[]) => number): Promise<IrConstant | string> {
    let layer = id === undefined ? undefined : this.#network.layers.get(id)
    const shape = layer?.shape ?? []
    let scale: Float64Array | number | undefined
    let zero: Float64Array | number | undefined
    let isRounded = false
    for (let steps = 0; layer && steps < FARTHEST; steps++) {
      if (layer.type === 'Const') {
        const place = this.#place(layer)
        if (typeof place === 'string') return place
        const count = shape.reduce((product, size) => product * size, 1)
        if (count !== place.count) return `its ${place.count} values are reshaped to ${shape.join('×')}`
        const isInteger = !place.dtype.includes('float')
        if (isInteger && scale === undefined) return `stored as ${place.dtype} without a scale`
        const { dtype, offset } = place
        const dequantise =
          scale === undefined && zero === undefined ? undefined : { scale: scale ?? 1, zero: zero ?? 0, shift: 0 }
        return { name: layer.name, shape, dtype, offset, isRounded, ...(dequantise && { dequantise }) }
      }
      if (layer.type === 'Multiply' || layer.type === 'Subtract') {
        const values = await this.#perChannel(layer.inputs[1], out(shape))
        if (values === undefined)
          return `its ${layer.type === 'Multiply' ? 'scale' : 'zero point'} is no constant per output channel`
        if (layer.type === 'Multiply' ? scale !== undefined || zero !== undefined : zero !== undefined)
          return 'scaled more than once'
        if (layer.type === 'Multiply') scale = values
        else zero = values
      } else if (layer.type === 'FakeQuantize') isRounded = true
      else if (!/^(Convert|Reshape|Unsqueeze|Squeeze)$/.test(layer.type)) return 'no constant weight'
      layer = this.#network.layers.get(layer.inputs[0] ?? '')
    }
    return 'no constant weight'
  }

  /** The values of a small constant: one, or one per output channel. */
  async #perChannel(id: string | undefined, out: number): Promise<Float64Array | number | undefined> {
    let layer = id === undefined ? undefined : this.#network.layers.get(id)
    for (let steps = 0; layer && /^(Convert|Reshape|Unsqueeze|Squeeze)$/.test(layer.type) && steps < FARTHEST; steps++)
      layer = this.#network.layers.get(layer.inputs[0] ?? '')
    const place = layer?.type === 'Const' ? this.#place(layer) : 'none'
    if (typeof place === 'string' || (place.count !== 1 && place.count !== out) || place.count > LARGEST_SCALE) return undefined
    const bytes = await this.#bin.read(place.offset, place.count * place.bytes)
    const values = numbersOf(bytes, place.dtype, place.count)
    return values.length === 1 ? values[0]! : values
  }

  #place({ data, name }: IrLayer): { dtype: StoredType; bytes: number; offset: number; count: number } | string {
    const kind = data.get('element_type') ?? ''
    const type = Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined
    if (!type) return `stored as ${kind || 'an unnamed type'}, which is not read as weights`
    const [dtype, bytes] = type
    const [offset, size] = [Number(data.get('offset')), Number(data.get('size'))]
    const count = numbers(data.get('shape')).reduce((product, n) => product * n, 1)
    if (!Number.isSafeInteger(offset) || offset < 0 || count * bytes !== size)
      return `its ${count} values do not fit the ${size} bytes stated`
    if (offset + size > this.#bin.byteLength)
      throw new InputError(
        this.#bin.name,
        `ends at byte ${this.#bin.byteLength}, but constant ${name} lies at ${offset} to ${offset + size}; it is cut short or belongs to another .xml`,
      )
    return { dtype, bytes, offset, count }
  }
}
