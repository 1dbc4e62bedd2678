// The keys under which parts of a tensor are kept (tensorflow/core/util/saved_tensor_slice_util.cc, EncodeTensorNameSlice;
// tensorflow/core/lib/strings/ordered_code.cc): 0, the name, the number of axes, and for each axis its start and its length
// (-1 for the whole axis), all in an encoding that sorts as the values do.

/** A part of an axis; the whole of it without a length. */
export interface SliceExtent {
  start: number
  length: number | undefined
}

/** The key of one part. `name` and the result have one character a byte. */
export function sliceKey(name: string, shape: readonly number[], slice: readonly SliceExtent[]): string {
  const extents = shape.flatMap((_, axis) => {
    const { start = 0, length } = slice[axis] ?? {}
    return [signed(start), signed(length ?? -1)]
  })
  return `${unsigned(0)}${text(name)}${unsigned(shape.length)}${extents.join('')}`
}

/** The number of bytes, then the bytes from the highest to the lowest that is not zero. */
function unsigned(value: number): string {
  const bytes = bigEndian(value)
  return String.fromCharCode(bytes.length, ...bytes)
}

function text(value: string): string {
  return `${value.replace(/[\0\xff]/g, (char) => (char === '\0' ? '\0\xff' : '\xff\0'))}\0\x01`
}

/** -64 to 63 in one byte; larger ones with as many leading ones as there are bytes, a zero, and the number. */
function signed(value: number): string {
  if (value < 64) return String.fromCharCode(0x80 ^ (value & 0xff))
  // n bytes hold 7 n - 1 bits of a number.
  for (let bytes = 2, limit = 1 << 13; ; bytes++, limit *= 128) {
    if (value >= limit) continue
    const digits = bigEndian(value)
    const all = [...new Array<number>(Math.max(0, bytes - digits.length)).fill(0), ...digits]
    all[0]! |= (0xff << (8 - Math.min(bytes, 8))) & 0xff
    return String.fromCharCode(...all)
  }
}

function bigEndian(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return bytes
}
