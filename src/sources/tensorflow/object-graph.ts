import { readMessage } from '../protobuf/message.ts'
import { BYTES, VARINT, type WireCursor } from '../protobuf/wire.ts'

// tensorflow/core/protobuf/trackable_object_graph.proto (the names of a checkpoint's tensors in the program that saved it) and
// saved_object_graph.proto (the same objects in a SavedModel, with the variables that each function is bound to).

const MOST_OBJECTS = 1_000_000
const RECORD_BYTES = 200

/** An object that was saved, and what it holds. */
export interface SavedObject {
  readonly children: Map<string, number>
  /** The tensors that it saved: what each is called where it was made, and its key in the checkpoint. */
  readonly tensors: { name: string; fullName: string; key: string }[]
  /** Objects that an optimiser keeps beside others. */
  readonly slots: number[]
}

/** Reads a TrackableObjectGraph. Object 0 is the root. */
export async function readObjectGraph(c: WireCursor, end: number): Promise<SavedObject[]> {
  const objects: SavedObject[] = []
  await eachMessage(c, end, 1, async (stop) => {
    if (objects.length >= MOST_OBJECTS) throw c.damaged(c.position, `more than ${MOST_OBJECTS} objects`)
    objects.push(await readObject(c, stop))
  })
  return objects
}

async function readObject(c: WireCursor, end: number): Promise<SavedObject> {
  c.spend(RECORD_BYTES)
  const object: SavedObject = { children: new Map(), tensors: [], slots: [] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) await readMessage(c, (stop) => readReference(c, stop, object.children))
    else if (field === 2 && c.wire === BYTES) object.tensors.push(await readMessage(c, (stop) => readTensor(c, stop)))
    else if (field === 3 && c.wire === BYTES) object.slots.push(await readMessage(c, (stop) => readSlot(c, stop)))
    else c.skip()
  }
  return object
}

async function readReference(c: WireCursor, end: number, children: Map<string, number>): Promise<void> {
  let node = 0
  let name = ''
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === VARINT) node = c.varint()
    else if (field === 2 && c.wire === BYTES) name = await c.longText()
    else c.skip()
  }
  children.set(name, node)
}

async function readTensor(c: WireCursor, end: number): Promise<SavedObject['tensors'][number]> {
  c.spend(RECORD_BYTES)
  const tensor = { name: '', fullName: '', key: '' }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) tensor.name = await c.longText()
    else if (field === 2 && c.wire === BYTES) tensor.fullName = await c.longText()
    else if (field === 3 && c.wire === BYTES) tensor.key = await c.longText()
    else c.skip()
  }
  return tensor
}

async function readSlot(c: WireCursor, end: number): Promise<number> {
  let node = 0
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 3 && c.wire === VARINT) node = c.varint()
    else c.skip()
  }
  return node
}

/** The functions of a SavedModel and the objects that they are bound to. */
export interface SavedFunctions {
  readonly children: readonly ReadonlyMap<string, number>[]
  readonly bound: ReadonlyMap<string, readonly number[]>
}

const MOST_BOUND = 1_000_000

/** Reads a SavedObjectGraph. */
export async function readSavedObjects(c: WireCursor, end: number): Promise<SavedFunctions> {
  const children: Map<string, number>[] = []
  const bound = new Map<string, number[]>()
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) {
      c.spend(RECORD_BYTES)
      if (children.length >= MOST_OBJECTS) throw c.damaged(c.position, `more than ${MOST_OBJECTS} objects`)
      const own = new Map<string, number>()
      await readMessage(c, (stop) => eachMessage(c, stop, 1, (last) => readReference(c, last, own)))
      children.push(own)
    } else if (field === 2 && c.wire === BYTES) {
      const [name, list] = await readMessage(c, (stop) => readFunction(c, stop))
      bound.set(name, list)
    } else c.skip()
  }
  return { children, bound }
}

/** A map entry: a function's name, and its SavedConcreteFunction. */
async function readFunction(c: WireCursor, end: number): Promise<[string, number[]]> {
  let name = ''
  const bound: number[] = []
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) name = await c.longText()
    else if (field === 2 && c.wire === BYTES)
      await readMessage(c, async (stop) => {
        while (c.position < stop) {
          if (c.lacks()) await c.load()
          if (c.field(stop) === 2) await c.integers(bound, MOST_BOUND)
          else c.skip()
        }
      })
    else c.skip()
  }
  c.spend(RECORD_BYTES + 8 * bound.length)
  return [name, bound]
}

/** Visits the messages of one field, other fields are passed over. */
async function eachMessage(c: WireCursor, end: number, wanted: number, read: (end: number) => Promise<void>): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === wanted && c.wire === BYTES) await readMessage(c, read)
    else c.skip()
  }
}

/**
 * The checkpoint's objects that a SavedModel's objects are, by walking both graphs from their roots along the same names.
 * @returns per object of the SavedModel the checkpoint's, where there is one
 */
export function sameObjects(
  model: readonly ReadonlyMap<string, number>[],
  checkpoint: readonly SavedObject[],
): Map<number, SavedObject> {
  const same = new Map<number, SavedObject>()
  const pending: [number, number][] = [[0, 0]]
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [one, other] = pair
    const object = checkpoint[other]
    if (!object || !model[one] || same.has(one)) continue
    same.set(one, object)
    for (const [name, child] of model[one]) {
      const twin = object.children.get(name)
      if (twin !== undefined && !same.has(child)) pending.push([child, twin])
    }
  }
  return same
}
