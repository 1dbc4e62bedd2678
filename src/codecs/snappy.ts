// Snappy, google/snappy/format_description.txt: the unpacked length as a varint, then elements by the lowest two bits of their tag:
// 0 literals, 1 copy of 4 to 11 bytes from up to 2 KiB back, 2 and 3 copies of up to 64 bytes with a distance of 2 or 4 bytes.

/** Unpacks exactly `byteLength` bytes. @throws RangeError when the input is damaged or of another length */
export function snappy(input: Uint8Array, byteLength: number): Uint8Array {
  let at = 0
  const take = (): number => {
    if (at >= input.length) throw new RangeError('Snappy data ends early')
    return input[at++]!
  }
  const little = (bytes: number): number => {
    let value = 0
    for (let k = 0, unit = 1; k < bytes; k++, unit *= 256) value += take() * unit
    return value
  }
  let stated = 0
  for (let shift = 1, byte = 128; byte >= 128; shift *= 128) {
    byte = take()
    stated += (byte & 127) * shift
    if (shift > 268435456) throw new RangeError('Snappy data has an impossible length')
  }
  if (stated !== byteLength) throw new RangeError(`Snappy data states ${stated} bytes, not ${byteLength}`)
  const out = new Uint8Array(byteLength)
  let to = 0
  while (at < input.length) {
    const tag = take()
    if ((tag & 3) === 0) {
      const length = (tag >> 2 < 60 ? tag >> 2 : little((tag >> 2) - 59)) + 1
      if (at + length > input.length || to + length > byteLength) throw new RangeError('Snappy literals run past their end')
      out.set(input.subarray(at, at + length), to)
      at += length
      to += length
      continue
    }
    const isShort = (tag & 3) === 1
    const length = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const distance = isShort ? ((tag >> 5) << 8) + take() : little((tag & 3) === 2 ? 2 : 4)
    if (distance === 0 || distance > to || to + length > byteLength) throw new RangeError('a Snappy copy lies outside its bytes')
    for (let k = 0; k < length; k++) out[to + k] = out[to + k - distance]!
    to += length
  }
  if (to !== byteLength) throw new RangeError(`Snappy data holds ${to} of ${byteLength} bytes`)
  return out
}
