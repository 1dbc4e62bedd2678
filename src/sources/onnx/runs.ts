import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import type { Run } from './records.ts'

const CHECKPOINT = 1024
const WINDOW = 1 << 16

/**
 * Elements of `size` bytes that lie in several runs, or with a tag before each, read as one block.
 *
 *   packed    | e0 e1 e2 … |                 stride = size
 *   unpacked  | e0 | tag | e1 | tag | e2 …   stride = size + 1
 */
export function runsAccess(access: RandomAccess, runs: readonly Run[], size: number): RandomAccess {
  const starts: number[] = []
  let count = 0
  for (const run of runs) {
    starts.push(count)
    count += run.count
  }
  const element = async (first: number, total: number, out: Uint8Array): Promise<void> => {
    let k = runAt(starts, first)
    for (let done = 0; done < total; k++) {
      const run = runs[k]!
      const from = first + done - starts[k]!
      const part = Math.min(total - done, run.count - from)
      if (part <= 0) continue
      const target = out.subarray(done * size, (done + part) * size)
      if (run.stride === size) await access.read(run.start + from * size, part * size, target)
      else await gather(access, run, from, part, target)
      done += part
    }
  }
  return byElement(access, count * size, size, element)
}

/** The last run that begins at or before an element. */
function runAt(starts: readonly number[], element: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= element) low = middle
    else high = middle - 1
  }
  return low
}

async function gather(access: RandomAccess, run: Run, first: number, count: number, out: Uint8Array): Promise<void> {
  const { size, stride } = run
  const perWindow = Math.floor(WINDOW / stride)
  for (let done = 0; done < count; ) {
    const part = Math.min(perWindow, count - done)
    const bytes = await access.read(run.start + (first + done) * stride, (part - 1) * stride + size)
    for (let k = 0; k < part; k++) for (let b = 0; b < size; b++) out[(done + k) * size + b] = bytes[k * stride + b]!
    done += part
  }
}

/**
 * Whole numbers stored as varints (int32_data and int64_data, which also carry half floats' bits), read as elements of
 * `size` bytes, little-endian. Passes once over the bytes to count them and to note where every 1,024th begins.
 */
export async function varintAccess(
  access: RandomAccess,
  runs: readonly Run[],
  size: number,
): Promise<{ access: RandomAccess; found: number }> {
  const marks: { run: number; at: number }[] = []
  let found = 0
  for (let run = 0; run < runs.length; run++) {
    await eachVarint(access, runs[run]!, runs[run]!.start, (_bytes, at) => {
      if (found % CHECKPOINT === 0) marks.push({ run, at })
      found++
      return true
    })
  }
  const element = async (first: number, total: number, out: Uint8Array): Promise<void> => {
    const mark = Math.floor(first / CHECKPOINT)
    let index = mark * CHECKPOINT
    let { run, at } = marks[mark]!
    while (index < first + total) {
      await eachVarint(access, runs[run]!, at, (bytes) => {
        if (index >= first) for (let b = 0; b < size; b++) out[(index - first) * size + b] = bytes[b]!
        return ++index < first + total
      })
      if (++run < runs.length) at = runs[run]!.start
    }
  }
  return { access: byElement(access, found * size, size, element), found }
}

/** Visits the numbers of a run from byte `at` on, as eight little-endian bytes (the same array each time), until `visit` says false. */
async function eachVarint(
  access: RandomAccess,
  run: Run,
  at: number,
  visit: (bytes: Uint8Array, at: number) => boolean,
): Promise<void> {
  const end = run.start + run.length
  const value = new Uint8Array(8)
  let filled = 0
  let bits = 0
  let shift = 0
  let begin = at
  while (at < end) {
    const window = await access.read(at, Math.min(WINDOW, end - at))
    for (const [k, byte] of window.entries()) {
      if (shift === 0) {
        value.fill(0)
        begin = at + k
        bits = 0
        filled = 0
      }
      // `bits` holds what does not fill a byte yet.
      bits |= (byte & 0x7f) << (shift - filled * 8)
      shift += 7
      while (shift - filled * 8 >= 8 && filled < 8) {
        value[filled++] = bits & 0xff
        bits >>>= 8
      }
      if (byte >= 0x80) {
        if (shift >= 70)
          throw new InputError(access.name, `is damaged at byte ${begin}: a number has more than ten bytes; get the file again`)
        continue
      }
      if (filled < 8) value[filled] = bits & 0xff
      shift = 0
      if (!visit(value, begin)) return
    }
    at += window.length
  }
  if (shift > 0) throw new InputError(access.name, `is damaged at byte ${begin}: a number has no end; get the file again`)
}

/** A RandomAccess from a function that reads whole elements. */
export function byElement(
  source: RandomAccess,
  byteLength: number,
  size: number,
  read: (first: number, count: number, out: Uint8Array) => Promise<void>,
): RandomAccess {
  return {
    name: source.name,
    byteLength,
    async read(offset, length, into) {
      requireRange(source.name, byteLength, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      if (length === 0) return out
      const first = Math.floor(offset / size)
      const count = Math.ceil((offset + length) / size) - first
      if (offset === first * size && count * size === length) {
        await read(first, count, out)
      } else {
        const whole = new Uint8Array(count * size)
        await read(first, count, whole)
        out.set(whole.subarray(offset - first * size, offset - first * size + length))
      }
      return out
    },
  }
}
