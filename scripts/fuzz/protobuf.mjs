// Protobuf messages as trees, changed and put together again with right lengths.
import { join, mutateBytes } from './bytes.mjs'
import { edgeNumbers } from './random.mjs'

/** A message with one to ten of its fields changed; changed as bytes when it is no message. */
export function changedMessage(bytes, random) {
  const tree = parse(bytes, 0)
  if (!tree) return mutateBytes(bytes, random)
  for (let k = 1 + random.below(random.pick([1, 3, 10])); k > 0; k--) change(tree, random)
  return join(...tree.map(encode))
}

/** Fields as { field, wire, value }: value a BigInt, bytes, or a list of fields where the bytes read as a message. */
function parse(bytes, depth) {
  const fields = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let k = 0n; k < 10n; k++) {
      if (at >= bytes.length) return undefined
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << (7n * k)
      if (byte < 0x80) return value
    }
    return undefined
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag === undefined || tag < 8n || tag > 0xfffn) return undefined
    const wire = Number(tag & 7n)
    const field = Number(tag >> 3n)
    if (wire === 0) {
      const value = varint()
      if (value === undefined) return undefined
      fields.push({ field, wire, value })
    } else if (wire === 2) {
      const length = varint()
      if (length === undefined || at + Number(length) > bytes.length) return undefined
      const content = bytes.subarray(at, (at += Number(length)))
      fields.push({ field, wire, value: (depth < 12 && length > 1n && parse(content, depth + 1)) || Uint8Array.from(content) })
    } else if (wire === 5 || wire === 1) {
      const size = wire === 5 ? 4 : 8
      if (at + size > bytes.length) return undefined
      fields.push({ field, wire, value: bytes.slice(at, (at += size)) })
    } else {
      return undefined
    }
  }
  return fields
}

function encode({ field, wire, value, length }) {
  const tag = varintOf(BigInt(field * 8 + wire))
  if (wire === 0) return join(tag, varintOf(value))
  if (wire !== 2) return join(tag, value)
  const content = Array.isArray(value) ? join(...value.map(encode)) : value
  return join(tag, varintOf(length ?? BigInt(content.length)), content)
}

function varintOf(value) {
  let rest = BigInt.asUintN(64, value)
  const out = []
  do {
    out.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(out)
}

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
  const all = lists.flat()
  switch (random.below(10)) {
    case 0:
      fields.splice(at, 1)
      break
    case 1:
      fields.splice(random.below(fields.length + 1), 0, structuredClone(one))
      break
    case 2:
      fields.splice(at, 0, structuredClone(random.pick(all)))
      break
    case 3:
      one.field = random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 25])
      break
    case 4:
      fields.push(...fields.splice(at, 1))
      break
    case 5:
      if (one.wire === 2) one.length = BigInt.asUintN(64, BigInt(random.pick(edgeNumbers)))
      break
    case 6: {
      // A whole subtree is taken over from elsewhere: a graph as an attribute, a tensor as a node.
      const donor = random.pick(all)
      if (donor.wire === one.wire) one.value = structuredClone(donor.value)
      break
    }
    case 7:
      if (
        one.wire === 2 &&
        Array.isArray(one.value) &&
        JSON.stringify(one.value, (_, v) => (typeof v === 'bigint' ? 0 : v)).length < 20_000
      )
        one.value = [...one.value, structuredClone(one)]
      break
    default:
      if (one.wire === 0) one.value = BigInt.asUintN(64, BigInt(random.pick(edgeNumbers)))
      else if (!Array.isArray(one.value))
        one.value = one.wire === 2 ? mutateBytes(one.value, random) : one.value.map(() => random.below(256))
  }
}
