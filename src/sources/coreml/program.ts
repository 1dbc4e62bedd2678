import { fixedRun, readName, readWithin, wireText } from '../protobuf/fields.ts'
import { BYTES, FIXED32, VARINT, type WireCursor } from '../protobuf/wire.ts'
import type { BlockRecord, ConstantRecord, MilFunction, OperationRecord } from './records.ts'

// coremltools/mlmodel/format/MIL.proto. Maps are lists of messages of a key (1) and a value (2).

const DEEPEST = 32
const MOST_LIST = 4096
const MOST_TEXT = 256
const RECORD_BYTES = 200

/** The functions of a Program, each with the block that is run. @throws InputError */
export async function readMilProgram(c: WireCursor, end: number): Promise<MilFunction[]> {
  const functions: MilFunction[] = []
  await eachField(c, end, async (field) => {
    if (field !== 2 || c.wire !== BYTES) return c.skip()
    const [name, block] = await readWithin(c, `function ${functions.length}`, (stop) => readPair(c, stop, readFunction))
    if (block) functions.push({ name, block })
  })
  return functions
}

async function eachField(c: WireCursor, end: number, read: (field: number) => Promise<void> | void): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    await read(c.field(end))
  }
}

async function readPair<T>(
  c: WireCursor,
  end: number,
  read: (c: WireCursor, end: number) => Promise<T>,
): Promise<[key: string, value: T | undefined]> {
  let key = ''
  let value: T | undefined
  await eachField(c, end, async (field) => {
    if (field === 1) key = await wireText(c)
    else if (field === 2 && c.wire === BYTES) value = await readWithin(c, key || 'a value', (stop) => read(c, stop))
    else c.skip()
  })
  return [key, value]
}

/** A function's block for the set of operations that it names. */
async function readFunction(c: WireCursor, end: number): Promise<BlockRecord | undefined> {
  const inputs: string[] = []
  const blocks = new Map<string, BlockRecord>()
  let opset = ''
  await eachField(c, end, async (field) => {
    if (field === 1 && c.wire === BYTES) inputs.push(await readWithin(c, 'an input', (stop) => readName(c, stop)))
    else if (field === 2) opset = await wireText(c)
    else if (field === 3 && c.wire === BYTES) {
      const [name, block] = await readWithin(c, 'its blocks', (stop) =>
        readPair(c, stop, (inner, last) => readBlock(inner, last, 0)),
      )
      if (block) blocks.set(name, block)
    } else c.skip()
  })
  const block = blocks.get(opset) ?? [...blocks.values()][0]
  return block && { inputs: [...inputs, ...block.inputs], operations: block.operations }
}

async function readBlock(c: WireCursor, end: number, depth: number): Promise<BlockRecord> {
  if (depth > DEEPEST) throw c.damaged(c.position, `blocks inside blocks, more than ${DEEPEST} deep`)
  c.spend(RECORD_BYTES)
  const block: BlockRecord = { inputs: [], operations: [] }
  await eachField(c, end, async (field) => {
    if (field === 1 && c.wire === BYTES) block.inputs.push(await readWithin(c, 'an input', (stop) => readName(c, stop)))
    else if (field === 3 && c.wire === BYTES)
      block.operations.push(await readWithin(c, `operation ${block.operations.length}`, (stop) => readOperation(c, stop, depth)))
    else c.skip()
  })
  return block
}

async function readOperation(c: WireCursor, end: number, depth: number): Promise<OperationRecord> {
  c.spend(2 * RECORD_BYTES)
  const operation: OperationRecord = { type: '', inputs: new Map(), constants: new Map(), outputs: [], bodies: [] }
  await eachField(c, end, async (field) => {
    if (c.wire !== BYTES) c.skip()
    else if (field === 1) operation.type = await wireText(c)
    else if (field === 2) {
      const [name, found] = await readWithin(c, 'an input', (stop) => readPair(c, stop, readArgument))
      operation.inputs.set(name, found?.names ?? [])
      if (found?.constant) operation.constants.set(name, found.constant)
    } else if (field === 3) operation.outputs.push(await readWithin(c, 'an output', (stop) => readName(c, stop)))
    else if (field === 4) operation.bodies.push(await readWithin(c, 'a block', (stop) => readBlock(c, stop, depth + 1)))
    else if (field === 5) {
      const [name, value] = await readWithin(c, 'an attribute', (stop) => readPair(c, stop, readValue))
      // Before iOS 18 what compressed weights are made of stands in attributes.
      if (value && /^const(expr_|$)/.test(operation.type)) operation.constants.set(name, value)
    } else c.skip()
  })
  return operation
}

/** The names that are bound to a parameter, or the constant that is written in their place. */
async function readArgument(c: WireCursor, end: number): Promise<{ names: string[]; constant: ConstantRecord | undefined }> {
  const found: { names: string[]; constant: ConstantRecord | undefined } = { names: [], constant: undefined }
  await eachField(c, end, async (field) => {
    if (field !== 1 || c.wire !== BYTES) return c.skip()
    await readWithin(c, 'a binding', (stop) =>
      eachField(c, stop, async (inner) => {
        if (inner === 1) found.names.push(await wireText(c))
        else if (inner === 2 && c.wire === BYTES) found.constant = await readWithin(c, 'a value', (last) => readValue(c, last))
        else c.skip()
      }),
    )
  })
  return found
}

async function readValue(c: WireCursor, end: number): Promise<ConstantRecord> {
  c.spend(RECORD_BYTES)
  const value: ConstantRecord = {
    type: 0,
    shape: [],
    floats: [],
    bytes: undefined,
    integers: [],
    texts: [],
    file: undefined,
    offset: 0,
  }
  await eachField(c, end, async (field) => {
    if (c.wire !== BYTES) c.skip()
    else if (field === 2) await readWithin(c, 'its type', (stop) => readType(c, stop, value))
    else if (field === 3) await readWithin(c, 'its value', (stop) => readImmediate(c, stop, value))
    else if (field === 5) await readWithin(c, 'its place', (stop) => readPlace(c, stop, value))
    else c.skip()
  })
  return value
}

async function readType(c: WireCursor, end: number, value: ConstantRecord): Promise<void> {
  await eachField(c, end, async (field) => {
    if (field !== 1 || c.wire !== BYTES) return c.skip()
    await readWithin(c, 'its tensor', (stop) =>
      eachField(c, stop, async (inner) => {
        if (inner === 1 && c.wire === VARINT) value.type = c.varint()
        else if (inner === 3 && c.wire === BYTES && value.shape.length < MOST_LIST)
          value.shape.push(await readWithin(c, 'an axis', (last) => readDimension(c, last)))
        else c.skip()
      }),
    )
  })
}

/** A constant's size; 0 for one that is not known. */
async function readDimension(c: WireCursor, end: number): Promise<number> {
  let size = 0
  await eachField(c, end, async (field) => {
    if (field !== 1 || c.wire !== BYTES) return c.skip()
    await readWithin(c, 'its size', (stop) =>
      eachField(c, stop, (inner) => {
        if (inner === 1 && c.wire === VARINT) size = c.varint()
        else c.skip()
      }),
    )
  })
  return size
}

/** ImmediateValue: a tensor (1) with its numbers in the field of their kind, each a message whose field 1 holds them. */
async function readImmediate(c: WireCursor, end: number, value: ConstantRecord): Promise<void> {
  await eachField(c, end, async (field) => {
    if (field !== 1 || c.wire !== BYTES) return c.skip()
    await readWithin(c, 'its tensor', (stop) =>
      eachField(c, stop, async (kind) => {
        if (c.wire !== BYTES) return c.skip()
        await readWithin(c, 'its numbers', (last) => eachField(c, last, (inner) => readNumbers(c, kind, inner, value)))
      }),
    )
  })
}

async function readNumbers(c: WireCursor, kind: number, field: number, value: ConstantRecord): Promise<void> {
  if (field !== 1) return c.skip()
  const isShort = c.wire !== BYTES || c.size <= MOST_LIST
  if (kind === 1) fixedRun(c, value.floats, FIXED32)
  else if ((kind === 2 || kind === 5) && isShort) await c.integers(value.integers, MOST_LIST)
  else if (kind === 4 && c.wire === BYTES && c.size <= MOST_TEXT) value.texts.push(await wireText(c))
  else if (kind === 7 && c.wire === BYTES) value.bytes = c.payload()
  else c.skip()
}

async function readPlace(c: WireCursor, end: number, value: ConstantRecord): Promise<void> {
  await eachField(c, end, async (field) => {
    if (field === 1) value.file = await wireText(c)
    else if (field === 2 && c.wire === VARINT) value.offset = c.varint()
    else c.skip()
  })
}
