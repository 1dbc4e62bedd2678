import type { Run } from '../onnx/records.ts'
import { readMessage } from './message.ts'
import { BYTES, FIXED32, type FIXED64, type WireCursor } from './wire.ts'

const RUN_BYTES = 50

/** A string field. @throws InputError when it is stored as something else, or is no name */
export async function wireText(c: WireCursor): Promise<string> {
  if (c.wire !== BYTES) throw c.damaged(c.position, 'a name is stored as something else')
  return c.longText()
}

/** The name in a message whose first field it is; empty when it has none. What else the message holds is passed over. */
export async function readName(c: WireCursor, end: number): Promise<string> {
  let name = ''
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1) name = await wireText(c)
    else c.skip()
  }
  return name
}

/** Reads the message that a field holds, named in the error if the file ends inside it. */
export async function readWithin<T>(c: WireCursor, title: string, read: (end: number) => Promise<T>): Promise<T> {
  if (c.wire !== BYTES) throw c.damaged(c.position, 'a part is stored as a number')
  c.within.push(title)
  const result = await readMessage(c, read)
  c.within.pop()
  return result
}

/**
 * Notes where elements of a repeated float or double field lie: packed in one run, or one behind its tag, which joins the run before when
 * it can. The field's number is at most 15, so that its tag is one byte.
 */
export function fixedRun(c: WireCursor, runs: Run[], single: typeof FIXED32 | typeof FIXED64): void {
  const size = single === FIXED32 ? 4 : 8
  if (c.wire === BYTES) {
    if (c.size % size !== 0) throw c.damaged(c.position, `numbers of ${size} bytes in ${c.size} bytes`)
    const { start, length } = c.payload()
    c.spend(RUN_BYTES)
    runs.push({ start, length, count: length / size, size, stride: size })
    return
  }
  if (c.wire !== single) throw c.damaged(c.position, 'a list of numbers is stored as something else')
  const start = c.position
  c.skip()
  const last = runs.at(-1)
  if (last && last.stride === size + 1 && start === last.start + last.count * last.stride) {
    last.count++
    last.length += last.stride
  } else {
    c.spend(RUN_BYTES)
    runs.push({ start, length: size, count: 1, size, stride: size + 1 })
  }
}
