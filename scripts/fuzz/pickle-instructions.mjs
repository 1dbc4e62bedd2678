// Pickles taken apart into instructions, so that a change keeps the ones around it whole.
import { join, mutateBytes } from './bytes.mjs'
import { edgeNumbers } from './random.mjs'

/** Bytes of a fixed operand; 'line'; or [bytes of the length]. */
/** @type {Map<number, number | string | number[]>} */
const OPERANDS = new Map()
/** @type {[string, number | string | number[]][]} */
const KINDS = [
  ['.(012N)]}lt\x85\x86\x87d\x8f\x91aesu\x90\x94\x93Q\x52\x81\x92ob\x88\x89\x97\x98', 0],
  ['KhqU\x8c\x80\x82', 1],
  ['M\x83', 2],
  ['Jjr\x84', 4],
  ['G\x95', 8],
  ['ILFSVgpP', 'line'],
  ['ci', 'lines'],
  ['UC\x8a\x8c', [1]],
  ['TBX\x8b', [4]],
  ['\x8d\x8e\x96', [8]],
]
for (const [codes, operand] of KINDS) for (const code of codes) OPERANDS.set(code.charCodeAt(0), operand)
const CODES = [...OPERANDS.keys()]

const GLOBALS = [
  'torch._utils\n_rebuild_tensor_v2',
  'torch._utils\n_rebuild_tensor_v3',
  'torch._utils\n_rebuild_qtensor',
  'torch._utils\n_rebuild_parameter',
  'torch._tensor\n_rebuild_from_type_v2',
  'torch.storage\n_load_from_bytes',
  'torch\nSize',
  'torch\nper_channel_affine',
  'torch\nHalfStorage',
  'torch.storage\nUntypedStorage',
  'collections\nOrderedDict',
  'collections\ndefaultdict',
  'builtins\ndict',
  'builtins\nset',
  '_codecs\nencode',
  'copyreg\n_reconstructor',
  'numpy.core.multiarray\n_reconstruct',
  'numpy.core.multiarray\nscalar',
  'numpy\ndtype',
  'numpy.core.numeric\n_frombuffer',
  '__torch__.torch.nn.modules.conv\nConv2d',
  'torch.nn.modules.conv\nConv2d',
  '__proto__\nconstructor',
]

/** The instructions of a pickle up to its STOP, and what follows. */
export function instructionsOf(bytes, from = 0) {
  const list = []
  let at = from
  while (at < bytes.length) {
    const start = at
    const code = bytes[at++]
    const operand = OPERANDS.get(code)
    if (operand === undefined) return undefined
    if (typeof operand === 'number') at += operand
    else if (typeof operand === 'string') {
      for (let lines = operand === 'lines' ? 2 : 1; lines > 0; lines--) {
        const end = bytes.indexOf(0x0a, at)
        if (end < 0) return undefined
        at = end + 1
      }
    } else {
      const [width = 0] = operand
      const length = bytes.subarray(at, at + width).reduceRight((sum, byte) => sum * 256 + byte, 0)
      at += width + length
    }
    if (at > bytes.length) return undefined
    list.push(bytes.subarray(start, at))
    if (code === 0x2e) return { list, end: at }
  }
  return undefined
}

/** Of pickles that were seen before: their instructions, which are never changed in place. */
const taken = new WeakMap()

/** A pickle with some of its instructions changed, moved, repeated or left out. */
export function mutatedPickle(bytes, random) {
  const parsed = taken.has(bytes) ? taken.get(bytes) : instructionsOf(bytes)
  taken.set(bytes, parsed)
  if (!parsed) return mutateBytes(bytes, random)
  const list = [...parsed.list]
  for (let k = 1 + random.below(random.pick([1, 3, 8])); k > 0; k--) change(list, random)
  return join(...list, bytes.subarray(parsed.end))
}

function change(list, random) {
  if (list.length === 0) return
  const at = random.below(list.length)
  const one = list[at]
  switch (random.below(9)) {
    case 0:
      list.splice(at, 1)
      return
    case 1:
      list.splice(random.below(list.length), 0, ...list.slice(at, at + 1 + random.below(20)))
      return
    case 2:
      list[at] = number(random.pick(edgeNumbers))
      return
    case 3:
      list.splice(at, 0, Uint8Array.of(0x63, ...latin1(`${random.pick(GLOBALS)}\n`)))
      return
    case 4:
      list[at] = Uint8Array.of(random.pick(CODES), ...one.subarray(1))
      return
    case 5: {
      const other = random.below(list.length)
      ;[list[at], list[other]] = [list[other], one]
      return
    }
    case 6:
      if (one[0] === 0x63) list[at] = Uint8Array.of(0x63, ...latin1(`${random.pick(GLOBALS)}\n`))
      else if (one[0] === 0x58)
        list[at] = text(random.pick(['__proto__', 'conv.weight', 'state', 'storage', '0', '_modules', '']))
      return
    case 7:
      list[at] = Uint8Array.of(one[0] === 0x71 ? 0x68 : 0x71, random.below(256))
      return
    default:
      list[at] = Uint8Array.of(one[0], ...mutateBytes(one.subarray(1), random))
  }
}

const latin1 = (words) => [...words].map((letter) => letter.charCodeAt(0))

function text(words) {
  return Uint8Array.of(0x58, words.length, 0, 0, 0, ...latin1(words))
}

function number(value) {
  const bytes = new Uint8Array(10)
  bytes.set([0x8a, 8])
  new DataView(bytes.buffer).setBigInt64(2, BigInt.asIntN(64, BigInt(value)), true)
  return bytes
}
