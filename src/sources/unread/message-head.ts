/** A field of a protobuf message as far as the first bytes of a file show it. */
export interface HeadField {
  readonly number: number
  /** 0 a number, 1 and 5 eight and four bytes, 2 bytes. */
  readonly wire: number
  /** Of bytes: where they begin and how many there are, shown or not. */
  readonly start: number
  readonly length: number
  /** Of a number. */
  readonly value: number
}

const MOST_FIELDS = 64

/**
 * The fields at the start of a message that lies at [from, to) of `bytes`: those whose tags and lengths are shown, whether their
 * content is or not. Undefined when the bytes are no message.
 */
export function headFields(bytes: Uint8Array, from = 0, to: number = Number.POSITIVE_INFINITY): HeadField[] | undefined {
  const fields: HeadField[] = []
  let at = from
  const varint = (): number | undefined => {
    let value = 0
    for (let k = 0, factor = 1; k < 10; k++, factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < Math.min(to, bytes.length) && fields.length < MOST_FIELDS) {
    const tag = varint()
    if (tag === undefined) return fields
    const [number, wire] = [Math.floor(tag / 8), tag % 8]
    if (!(number >= 1 && number < 0x20000000) || ![0, 1, 2, 5].includes(wire)) return undefined
    const value = wire === 0 || wire === 2 ? varint() : 0
    if (value === undefined) return fields
    if (Number.isNaN(value)) return undefined
    const length = wire === 2 ? value : wire === 1 ? 8 : wire === 5 ? 4 : 0
    fields.push({ number, wire, start: at, length, value: wire === 0 ? value : 0 })
    at += length
    if (at > to) return undefined
  }
  return fields
}

/** A field's content as text when all of it is shown and is printable. */
export function fieldText(bytes: Uint8Array, { wire, start, length }: HeadField): string | undefined {
  if (wire !== 2 || start + length > bytes.length) return undefined
  const text = new TextDecoder().decode(bytes.subarray(start, start + length))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters tell that it is no text
  return /[\u0000-\u001f\ufffd]/.test(text) ? undefined : text
}
