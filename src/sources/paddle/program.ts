import type { RandomAccess } from '../../io/random-access.ts'
import { readWithin, wireText } from '../protobuf/fields.ts'
import { BYTES, VARINT, WireCursor } from '../protobuf/wire.ts'

// paddle/fluid/framework/framework.proto: a ProgramDesc of blocks (1) of variables (3) and operators (4).

const MOST_LIST = 64
const RECORD_BYTES = 200
/** Variables through which a network is fed and read. */
const FEED = 9
const FETCH = 10

export interface PaddleOperator {
  type: string
  /** Parameter → names of variables. */
  readonly inputs: Map<string, string[]>
  readonly outputs: string[]
  /** Of attributes that hold whole numbers, or a text. */
  readonly numbers: Map<string, readonly number[]>
  readonly texts: Map<string, string>
}

export interface PaddleProgram {
  /** Names of the variables that are kept, in the order of a file of them all: the alphabet's. */
  readonly kept: readonly string[]
  readonly operators: readonly PaddleOperator[]
  /** Blocks beyond the first: bodies of conditions and loops, which are not read. */
  readonly bodies: number
}

/** @throws InputError when it is damaged, or larger than any network */
export async function readPaddleProgram(access: RandomAccess): Promise<PaddleProgram> {
  const c = new WireCursor(access)
  const kept: string[] = []
  const operators: PaddleOperator[] = []
  let blocks = 0
  while (c.position < access.byteLength) {
    if (c.lacks()) await c.load()
    if (c.field(Number.POSITIVE_INFINITY) === 1 && c.wire === BYTES) {
      const isFirst = blocks === 0
      await readWithin(c, `block ${blocks++}`, (end) => readBlock(c, end, kept, isFirst ? operators : []))
    } else c.skip()
  }
  return { kept: [...new Set(kept)].sort(byBytes), operators, bodies: Math.max(0, blocks - 1) }
}

/** As Python sorts text. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

async function readBlock(c: WireCursor, end: number, kept: string[], operators: PaddleOperator[]): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 3 && c.wire === BYTES) {
      const name = await readWithin(c, 'a variable', (stop) => readVariable(c, stop))
      if (name !== undefined) kept.push(name)
    } else if (field === 4 && c.wire === BYTES)
      operators.push(await readWithin(c, `operator ${operators.length}`, (stop) => readOperator(c, stop)))
    else c.skip()
  }
}

/** The name of a variable that is kept in the file of parameters. */
async function readVariable(c: WireCursor, end: number): Promise<string | undefined> {
  c.spend(RECORD_BYTES)
  let name = ''
  let type = -1
  let isKept = false
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) name = await wireText(c)
    else if (field === 2 && c.wire === BYTES) type = await readWithin(c, 'its type', (stop) => readNumber(c, stop))
    else if (field === 3 && c.wire === VARINT) isKept = c.varint() !== 0
    else c.skip()
  }
  return isKept && type !== FEED && type !== FETCH ? name : undefined
}

async function readNumber(c: WireCursor, end: number): Promise<number> {
  let value = -1
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === VARINT) value = c.varint()
    else c.skip()
  }
  return value
}

async function readOperator(c: WireCursor, end: number): Promise<PaddleOperator> {
  c.spend(2 * RECORD_BYTES)
  const operator: PaddleOperator = { type: '', inputs: new Map(), outputs: [], numbers: new Map(), texts: new Map() }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 3) operator.type = await wireText(c)
    else if (field === 1 && c.wire === BYTES) {
      const [name, variables] = await readWithin(c, 'its inputs', (stop) => readSlot(c, stop))
      operator.inputs.set(name, variables)
    } else if (field === 2 && c.wire === BYTES)
      for (const each of (await readWithin(c, 'its outputs', (stop) => readSlot(c, stop)))[1]) operator.outputs.push(each)
    else if (field === 4 && c.wire === BYTES) await readWithin(c, 'an attribute', (stop) => readAttribute(c, stop, operator))
    else c.skip()
  }
  return operator
}

async function readSlot(c: WireCursor, end: number): Promise<[parameter: string, variables: string[]]> {
  let name = ''
  const variables: string[] = []
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) name = await wireText(c)
    else if (field === 2) variables.push(await wireText(c))
    else c.skip()
  }
  return [name, variables]
}

/** Attr: name (1), i (3), s (5), ints (6); others are passed over. */
async function readAttribute(c: WireCursor, end: number, operator: PaddleOperator): Promise<void> {
  let name = ''
  let text: string | undefined
  const numbers: number[] = []
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) name = await wireText(c)
    else if (field === 3 && c.wire === VARINT) numbers.push(c.signed())
    else if (field === 5 && c.wire === BYTES && c.size <= 64) text = await wireText(c)
    else if (field === 6 && (c.wire === VARINT || c.size <= MOST_LIST)) await c.integers(numbers, MOST_LIST)
    else c.skip()
  }
  if (numbers.length > 0) operator.numbers.set(name, numbers)
  if (text !== undefined) operator.texts.set(name, text)
}
