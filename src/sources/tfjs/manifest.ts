import * as v from 'valibot'
import { InputError } from '../../errors.ts'
import { concatAccess, type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { NumberType } from '../../weights/numbers.ts'
import type { Dequantisation, WeightPlan } from '../../weights/plan.ts'
import type { Unsupported } from '../file-tensors.ts'
import { requireInside } from '../part-path.ts'

// TensorFlow.js: tfjs-core/src/io/types.ts, WeightsManifestConfig; tfjs-core/src/io/io_utils.ts, decodeWeights.
//
//   [ { paths: [shard, …], weights: [ { name, shape, dtype, quantization?: { dtype, scale, min } }, … ] }, … ]
//
// The shards of a group are read as one run of bytes, in which its weights lie one behind the other without gaps.

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const Weight = v.object({
  name: v.string(),
  shape: v.array(size),
  dtype: v.string(),
  quantization: v.nullish(
    v.object({
      dtype: v.string(),
      scale: v.optional(v.pipe(v.number(), v.finite())),
      min: v.optional(v.pipe(v.number(), v.finite())),
    }),
  ),
})
const Manifest = v.array(v.object({ paths: v.array(v.string()), weights: v.array(Weight) }))

/** A weight of a manifest. */
export interface ManifestWeight {
  readonly name: string
  /** As stored. */
  readonly shape: readonly number[]
  /** Where its elements lie in the stored order; the name of a type that holds no weights instead. */
  readonly stored: Omit<WeightPlan, 'strides'> | Unsupported
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, float16: 2, int32: 4, uint8: 1, uint16: 2, bool: 1, complex64: 8 }
const NUMBERS: Readonly<Record<string, NumberType>> = { int32: 'int32', bool: 'uint8', uint8: 'uint8', uint16: 'uint16' }
const WEIGHTS = new Set(['float32', 'float16', 'uint8', 'uint16'])

/**
 * Every weight of a manifest with its place in the shards, which `open` finds by their path.
 * @throws InputError when the manifest is malformed, a shard is missing, or the shards are shorter than the weights
 */
export async function readWeightsManifest(
  file: string,
  json: unknown,
  open: (path: string) => Promise<RandomAccess | undefined>,
): Promise<{ weights: ManifestWeight[]; shards: RandomAccess[]; warnings: string[] }> {
  const parsed = v.safeParse(Manifest, json)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new InputError(
      file,
      `weights manifest: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}; the file is damaged, get it again`,
    )
  }
  const shards: RandomAccess[] = []
  const weights: ManifestWeight[] = []
  const warnings: string[] = []
  const named = new Set<string>()
  try {
    for (const group of parsed.output) {
      const parts: RandomAccess[] = []
      for (const path of group.paths) {
        requireInside(file, path)
        if (named.has(path))
          throw new InputError(file, `names the file "${path}" twice as a part of it; it is damaged, get it again`)
        named.add(path)
        const shard = await open(path)
        if (!shard)
          throw new InputError(
            file,
            `its weights are in ${path}, which is not beside it; put both into one folder, or choose both`,
          )
        shards.push(shard)
        parts.push(shard)
      }
      const end = await placeWeights(file, group.weights, parts, weights)
      const there = parts.reduce((sum, part) => sum + part.byteLength, 0)
      if (end < there)
        warnings.push(
          `${group.paths.join(', ')}: ${there - end} of ${there} bytes are no weight of the manifest; it may belong to another model`,
        )
    }
  } catch (error) {
    for (const shard of shards) await shard.close?.()
    throw error
  }
  return { weights, shards, warnings }
}

async function placeWeights(
  file: string,
  specs: readonly v.InferOutput<typeof Weight>[],
  parts: readonly RandomAccess[],
  into: ManifestWeight[],
): Promise<number> {
  const whole = concatAccess(file, parts)
  let offset = 0
  for (const { name, shape, dtype, quantization } of specs) {
    const count = shape.reduce((product, n) => product * n, 1)
    const held = quantization?.dtype ?? dtype
    const byteLength =
      dtype === 'string' && !quantization
        ? await stringsLength(file, name, whole, offset, count)
        : count * bytesOf(file, name, held)
    if (offset + byteLength > whole.byteLength)
      throw new InputError(
        file,
        `weight ${name} needs bytes ${offset} to ${offset + byteLength} of its shards, which have ${whole.byteLength}; a shard is cut short or of another model`,
      )
    const readable = dtype === 'float32' || dtype === 'float16'
    into.push({
      name,
      shape,
      stored:
        readable && WEIGHTS.has(held)
          ? {
              ...within(parts, whole, offset, byteLength),
              dtype: held as StoredType,
              ...dequantisation(file, name, held, quantization),
            }
          : {
              unsupported: held,
              ...(Object.hasOwn(NUMBERS, held) && {
                numbers: { ...within(parts, whole, offset, byteLength), dtype: NUMBERS[held]! },
              }),
            },
    })
    offset += byteLength
  }
  return offset
}

function bytesOf(file: string, name: string, dtype: string): number {
  const bytes = Object.hasOwn(BYTES, dtype) ? BYTES[dtype] : undefined
  if (bytes === undefined)
    throw new InputError(file, `weight ${name} is stored as ${JSON.stringify(dtype)}, a type that TensorFlow.js does not have`)
  return bytes
}

function dequantisation(
  file: string,
  name: string,
  held: string,
  quantization: v.InferOutput<typeof Weight>['quantization'],
): { dequantise?: Dequantisation } {
  if (!quantization || held === 'float16' || held === 'float32') return {}
  const { scale, min } = quantization
  if (scale === undefined || min === undefined)
    throw new InputError(file, `weight ${name} is quantised to ${held} without ${scale === undefined ? 'a scale' : 'a minimum'}`)
  return { dequantise: { scale, zero: 0, shift: min } }
}

/** The shard that holds all these bytes, which a worker can open by itself; else the few shards they run over, joined. */
function within(
  parts: readonly RandomAccess[],
  whole: RandomAccess,
  offset: number,
  byteLength: number,
): { access: RandomAccess; offset: number } {
  let start = 0
  for (const part of parts) {
    if (offset >= start && offset + byteLength <= start + part.byteLength) return { access: part, offset: offset - start }
    start += part.byteLength
  }
  return { access: sliceAccess(whole, offset, byteLength), offset: 0 }
}

/** Strings are stored as their length (32 bits, little-endian) and their bytes. */
async function stringsLength(file: string, name: string, whole: RandomAccess, offset: number, count: number): Promise<number> {
  let at = offset
  for (let k = 0; k < count; k++) {
    if (at + 4 > whole.byteLength) throw new InputError(file, `weight ${name}: string ${k} lies beyond the end of the shards`)
    const bytes = await whole.read(at, 4)
    at += 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  }
  return at - offset
}
