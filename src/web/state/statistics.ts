import { signal } from '@preact/signals'
import type { TensorStatistics } from '../../measure/tensor-statistics.ts'
import type { TensorGiven } from '../tasks/protocol.ts'
import { fileOf } from './contents.ts'
import type { Loaded } from './models.ts'
import { viewing } from './work.ts'

/** What is known of a tensor's numbers, or why they cannot be read. */
export type Known = TensorStatistics | string

/** Tensors that are being read, one after the other. */
export interface Reading {
  readonly model: string
  readonly done: number
  readonly total: number
  cancel(): void
}

type List = TensorGiven['list']

const known = signal<ReadonlyMap<string, Known>>(new Map())
export const reading = signal<Reading | null>(null)

const keyOf = ({ name, drop }: Loaded, list: List, index: number): string => JSON.stringify([drop, name, list, index])

/** What was read of a tensor; undefined before it is. */
export function knownStatistics(model: Loaded, list: List, index: number): Known | undefined {
  return known.value.get(keyOf(model, list, index))
}

/** A tensor of a model's file, by its place in one of the two lists. */
interface Wanted {
  readonly list: List
  readonly index: number
}

/** Tensors of one model that are read: one of them now, the rest after it. */
interface Queue {
  readonly model: Loaded
  rest: readonly Wanted[]
  done: number
  readonly abort: AbortController
}

let current: Queue | null = null

function tell({ model, rest, done, abort }: Queue): void {
  reading.value = { model: model.name, done, total: done + 1 + rest.length, cancel: () => abort.abort() }
}

/**
 * Reads tensors of a model's file one after the other, in a worker. While others of the same model are read these come next, and the
 * others after them; what is read of another model ends.
 */
export async function readStatistics(model: Loaded, wanted: readonly Wanted[]): Promise<void> {
  const given = fileOf(model)
  if (!given) return
  if (current?.model.name === model.name && current.model.drop === model.drop && !current.abort.signal.aborted) {
    const isNew = ({ list, index }: Wanted): boolean => !wanted.some((one) => one.list === list && one.index === index)
    current.rest = [...wanted, ...current.rest.filter(isNew)]
    tell(current)
    return
  }
  current?.abort.abort()
  const own: Queue = { model, rest: wanted, done: 0, abort: new AbortController() }
  current = own
  const { signal } = own.abort
  for (; !signal.aborted && own.rest.length > 0; own.done++) {
    const { list, index } = own.rest[0]!
    own.rest = own.rest.slice(1)
    tell(own)
    const key = keyOf(model, list, index)
    if (known.value.has(key)) continue
    try {
      const found = await viewing('tensor', { ...given, list, index }, { signal })
      known.value = new Map(known.value).set(key, found)
    } catch (error) {
      if (signal.aborted) break
      known.value = new Map(known.value).set(key, error instanceof Error ? error.message : String(error))
    }
  }
  if (current !== own) return
  current = null
  reading.value = null
}
