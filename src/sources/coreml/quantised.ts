import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import { numbersOf } from '../../weights/numbers.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import type { Run } from '../onnx/records.ts'
import { runNumbers, runPlan } from '../protobuf/run-plan.ts'
import type { Weights } from './records.ts'

/** Elements that are computed at a time, a multiple of eight so that each piece begins with a byte. */
const PIECE = 1 << 18
const MOST_BITS = 8

/**
 * Weights that a network keeps in 1 to 8 bits each (QuantizationParams of NeuralNetwork.proto): w = scale · q + bias, with one scale and
 * bias for all or for each output channel, or w = table[q]. The numbers q stand one behind the other in the weights' order, the highest bit
 * first. In double, rounded once to float32.
 * @returns why they are not read, as a phrase
 * @throws InputError when there are not as many bytes as the shape says
 */
export function quantisedPlan(
  access: RandomAccess,
  name: string,
  { bits, raw, scales, biases, table }: Weights,
  shape: readonly number[],
): WeightPlan | string {
  if (bits > MOST_BITS || !raw) return `its weights are quantised to ${bits} bits`
  const out = shape[0]!
  const count = shape.reduce((product, size) => product * size, 1)
  const isTable = runNumbers(table) > 0
  const [scaled, shifted] = [runNumbers(scales), runNumbers(biases)]
  if (isTable && runNumbers(table) !== 1 << bits) return `its table has ${runNumbers(table)} values for ${bits} bits`
  if (!isTable && scaled !== 1 && scaled !== out) return `its weights are quantised with ${scaled} scales`
  if (!isTable && shifted > 1 && shifted !== out) return `its weights are quantised with ${shifted} biases`
  const needed = Math.ceil((count * bits) / 8)
  if (raw.length !== needed)
    throw new InputError(
      access.name,
      `layer ${name} of shape ${shape.join('×')} needs ${needed} bytes of ${bits} bits a weight and has ${raw.length}; the file is damaged, get it again`,
    )
  const decoder = isTable
    ? async () => {
        const values = await numbersIn(access, table)
        return (q: number) => values[q]!
      }
    : async () => {
        const [factors, shifts] = [await numbersIn(access, scales), await numbersIn(access, biases)]
        const perOut = count / out
        const at = (list: Float64Array, k: number): number => (list.length > 1 ? list[Math.floor(k / perOut)]! : (list[0] ?? 0))
        return (q: number, k: number) => at(factors, k) * q + at(shifts, k)
      }
  return { access: computing(access, raw.start, bits, count, decoder), offset: 0, dtype: 'float32' }
}

type ValueOf = (q: number, place: number) => number

function computing(
  access: RandomAccess,
  start: number,
  bits: number,
  count: number,
  decoder: () => Promise<ValueOf>,
): RandomAccess {
  const byteLength = 4 * count
  let known: Promise<ValueOf> | undefined
  return {
    name: access.name,
    byteLength,
    async read(offset, length, into) {
      requireRange(access.name, byteLength, offset, length)
      known ??= decoder()
      const value = await known
      const out = into?.subarray(0, length) ?? new Uint8Array(length)
      const last = Math.ceil((offset + length) / 4)
      // Eight elements take whole bytes, whatever their bits.
      for (let from = Math.floor(offset / 32) * 8; from < last; from += PIECE) {
        const some = Math.min(PIECE, count - from)
        const bytes = await access.read(start + (from / 8) * bits, Math.ceil((some * bits) / 8))
        const values = Float32Array.from({ length: some }, (_, k) => value(packed(bytes, k * bits, bits), from + k))
        const computed = new Uint8Array(values.buffer)
        const skip = Math.max(0, offset - 4 * from)
        const at = 4 * from + skip - offset
        if (at < length) out.set(computed.subarray(skip, skip + Math.min(computed.length - skip, length - at)), at)
      }
      return out
    },
  }
}

/** `bits` bits from bit `at` on, the highest of each byte first. */
function packed(bytes: Uint8Array, at: number, bits: number): number {
  const byte = at >> 3
  const two = (bytes[byte]! << 8) | (bytes[byte + 1] ?? 0)
  return (two >> (16 - (at & 7) - bits)) & ((1 << bits) - 1)
}

async function numbersIn(access: RandomAccess, runs: readonly Run[]): Promise<Float64Array> {
  const count = runNumbers(runs)
  if (count === 0) return new Float64Array(0)
  const plan = runPlan(access, runs, 'float32', 4)
  return numbersOf(await plan.access.read(plan.offset, 4 * count), 'float32', count)
}
