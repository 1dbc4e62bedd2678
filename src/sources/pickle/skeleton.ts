import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'

// A pickle of arrays is a few kilobytes of instructions around gigabytes of bytes. Only the instructions are read: the contents of
// large byte strings are left out and their places noted. Opcodes and their operands: Python's pickletools.py.

const WINDOW = 1 << 14
/** Byte strings from this size on are left where they are. */
const LEFT_OUT = 1 << 12
const LARGEST_SKELETON = 1 << 28
const MOST_GAPS = 1_000_000

/** Bytes that were left out of a pickle. */
export interface PickleGap {
  /** Where they would begin in the skeleton. */
  readonly at: number
  /** Their first byte in the file. */
  readonly start: number
  readonly length: number
}

/** A pickle without the contents of its large byte strings. */
export interface PickleSkeleton {
  readonly bytes: Uint8Array
  /** By `at`. */
  readonly gaps: readonly PickleGap[]
}

/** Operands of a fixed size. */
const FIXED = new Map([...'Khq\x80\x82'].map((opcode) => [opcode, 1]))
for (const opcode of 'M\x83') FIXED.set(opcode, 2)
for (const opcode of 'Jjr\x84') FIXED.set(opcode, 4)
for (const opcode of 'G\x95') FIXED.set(opcode, 8)
/** Operands that end with their line, and how many lines there are. */
const LINES: Readonly<Record<string, number>> = { I: 1, L: 1, F: 1, S: 1, V: 1, c: 2, i: 2, g: 1, p: 1, P: 1 }
/** Operands with their length before them: its bytes, and whether they are bytes rather than text. */
const COUNTED: Readonly<Record<string, readonly [lengthBytes: number, isBytes: boolean]>> = {
  T: [4, true],
  U: [1, false],
  X: [4, false],
  C: [1, true],
  B: [4, true],
  '\x8a': [1, false],
  '\x8b': [4, false],
  '\x8c': [1, false],
  '\x8d': [8, false],
  '\x8e': [8, true],
  '\x96': [8, true],
}

/** Reads a pickle from `start` to its STOP. @throws InputError when it is cut short, or its instructions alone are too large */
export async function readSkeleton(access: RandomAccess, start: number): Promise<PickleSkeleton> {
  const pieces: Uint8Array[] = []
  const gaps: PickleGap[] = []
  let kept = 0
  let window: Uint8Array = new Uint8Array(0)
  let from = start // of the window, in the file
  let at = start
  const cut = (): InputError => new InputError(access.name, 'is cut short in its pickle; get it again')
  const keep = (until: number): void => {
    if (until <= from) return
    const piece = window.slice(0, until - from)
    kept += piece.length
    if (kept > LARGEST_SKELETON)
      throw new InputError(
        access.name,
        `holds a pickle of more than ${LARGEST_SKELETON} bytes besides its arrays, which is not read`,
      )
    pieces.push(piece)
  }
  /** Moves the window to `at` when it does not hold the next bytes. */
  const load = async (count: number): Promise<void> => {
    if (at + count <= from + window.length) return
    keep(at)
    from = at
    window = await access.read(at, Math.min(Math.max(count, WINDOW), access.byteLength - at))
    if (count > window.length) throw cut()
  }
  const opcodeAt = async (): Promise<string> => {
    await load(1)
    return String.fromCharCode(window[at++ - from]!)
  }
  for (let opcode = await opcodeAt(); opcode !== '.'; opcode = await opcodeAt()) {
    const counted = COUNTED[opcode]
    if (counted) {
      const [lengthBytes, isBytes] = counted
      await load(lengthBytes)
      let length = 0
      for (let k = lengthBytes - 1; k >= 0; k--) length = length * 256 + window[at - from + k]!
      at += lengthBytes
      if (at + length > access.byteLength) throw cut()
      if (isBytes && length >= LEFT_OUT) {
        keep(at)
        if (gaps.push({ at: kept, start: at, length }) > MOST_GAPS)
          throw new InputError(access.name, `holds more than ${MOST_GAPS} arrays`)
        at += length
        from = at
        window = new Uint8Array(0)
      } else {
        await load(length)
        at += length
      }
    } else if (LINES[opcode] !== undefined) {
      for (let lines = LINES[opcode]!; lines > 0; ) if ((await opcodeAt()) === '\n') lines--
    } else {
      const size = FIXED.get(opcode) ?? 0
      await load(size)
      at += size
    }
  }
  keep(at)
  const bytes = new Uint8Array(kept)
  let to = 0
  for (const piece of pieces) {
    bytes.set(piece, to)
    to += piece.length
  }
  return { bytes, gaps }
}
