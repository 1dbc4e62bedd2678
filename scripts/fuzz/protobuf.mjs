// Protobuf messages as trees, changed and put together again with right lengths.
import { mutateBytes } from './bytes.mjs'
import { edgeNumbers } from './random.mjs'

const LARGEST_NESTED = 4096

/** A message with one to ten of its fields changed; changed as bytes when it is no message. */
export function changedMessage(bytes, random) {
  const tree = parse(bytes, 0, bytes.length, 0)
  if (!tree) return mutateBytes(bytes, random)
  for (let k = 1 + random.below(random.pick([1, 3, 10])); k > 0; k--) change(tree, random)
  const out = new Uint8Array(sizeOf(tree))
  write(tree, out, 0)
  return out
}

/**
 * Fields as { tag, value }: value the bytes as they are stored, never changed in place, or a list of fields where they read as a
 * message. `length` is one that lies about its field.
 */
function parse(bytes, start, end, depth) {
  const fields = []
  let at = start
  /** @returns where a varint ends, or 0 */
  const varintEnd = () => {
    for (let k = at; k < end && k < at + 10; k++) if (bytes[k] < 0x80) return k + 1
    return 0
  }
  while (at < end) {
    const first = bytes[at++]
    const second = first < 0x80 ? 0 : at < end ? bytes[at++] : 0x80
    const tag = (first & 0x7f) | (second << 7)
    if (second >= 0x80 || tag < 8 || tag > 0xfff) return undefined
    const wire = tag & 7
    if (wire === 0) {
      const to = varintEnd()
      if (to === 0) return undefined
      fields.push({ tag, value: bytes.subarray(at, to) })
      at = to
    } else if (wire === 2) {
      const to = varintEnd()
      if (to === 0 || to > at + 4) return undefined
      let length = 0
      for (let shift = 0; at < to; shift += 7) length |= (bytes[at++] & 0x7f) << shift
      if (at + length > end) return undefined
      const nested = depth < 12 && length > 1 ? parse(bytes, at, at + length, depth + 1) : undefined
      fields.push({ tag, value: nested ?? bytes.subarray(at, at + length) })
      at += length
    } else if (wire === 5 || wire === 1) {
      const size = wire === 5 ? 4 : 8
      if (at + size > end) return undefined
      fields.push({ tag, value: bytes.subarray(at, (at += size)) })
    } else {
      return undefined
    }
  }
  return fields
}

function sizeOf(fields) {
  let size = 0
  for (const field of fields) {
    const content = Array.isArray(field.value) ? sizeOf(field.value) : field.value.length
    field.size = content
    size += varintSize(field.tag) + content
    if ((field.tag & 7) === 2) size += field.length?.length ?? varintSize(content)
  }
  return size
}

/** Sizes are those that `sizeOf` left. @returns where it ends */
function write(fields, out, start) {
  let at = start
  for (const { tag, value, length, size } of fields) {
    at = writeVarint(tag, out, at)
    if ((tag & 7) === 2) {
      if (length) out.set(length, at)
      at = length ? at + length.length : writeVarint(size, out, at)
    }
    if (Array.isArray(value)) at = write(value, out, at)
    else {
      out.set(value, at)
      at += value.length
    }
  }
  return at
}

const varintSize = (value) => (value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5)

function writeVarint(value, out, start) {
  let at = start
  for (let rest = value; ; rest >>>= 7) {
    out[at++] = (rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)
    if (rest <= 0x7f) return at
  }
}

const EDGES = edgeNumbers.map((number) => {
  const bytes = []
  for (let rest = BigInt.asUintN(64, BigInt(number)); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    if (rest <= 0x7fn) return Uint8Array.from(bytes)
  }
})

const copyOf = (field) => ({ ...field, value: Array.isArray(field.value) ? field.value.map(copyOf) : field.value })

/** Changes one field somewhere in the tree. */
function change(tree, random) {
  const lists = []
  const collect = (fields) => {
    lists.push(fields)
    for (const { value } of fields) if (Array.isArray(value)) collect(value)
  }
  collect(tree)
  const fields = random.pick(lists)
  const at = random.below(fields.length)
  const one = fields[at]
  if (!one) return
  const any = () => random.pick(lists.flat())
  const wire = one.tag & 7
  switch (random.below(10)) {
    case 0:
      fields.splice(at, 1)
      break
    case 1:
      fields.splice(random.below(fields.length + 1), 0, copyOf(one))
      break
    case 2:
      fields.splice(at, 0, copyOf(any()))
      break
    case 3:
      one.tag = random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 25]) * 8 + wire
      break
    case 4:
      fields.push(...fields.splice(at, 1))
      break
    case 5:
      if (wire === 2) one.length = random.pick(EDGES)
      break
    case 6: {
      // A whole subtree is taken over from elsewhere: a graph as an attribute, a tensor as a node.
      const donor = copyOf(any())
      if ((donor.tag & 7) === wire) one.value = donor.value
      break
    }
    case 7:
      if (wire === 2 && Array.isArray(one.value) && sizeOf([one]) < LARGEST_NESTED) one.value = [...one.value, copyOf(one)]
      break
    default:
      if (wire === 0) one.value = random.pick(EDGES)
      else if (!Array.isArray(one.value))
        one.value = wire === 2 ? mutateBytes(one.value, random) : one.value.map(() => random.below(256))
  }
}
