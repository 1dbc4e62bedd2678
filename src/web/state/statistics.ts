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

/** Reads tensors of a model's file one after the other, in a worker. Ends what was being read. */
export async function readStatistics(
  model: Loaded,
  wanted: readonly { readonly list: List; readonly index: number }[],
): Promise<void> {
  const given = fileOf(model)
  if (!given) return
  reading.value?.cancel()
  const abort = new AbortController()
  const cancel = (): void => abort.abort()
  for (const [done, { list, index }] of wanted.entries()) {
    if (abort.signal.aborted) return
    reading.value = { model: model.name, done, total: wanted.length, cancel }
    const key = keyOf(model, list, index)
    if (known.value.has(key)) continue
    try {
      const found = await viewing('tensor', { ...given, list, index }, { signal: abort.signal })
      known.value = new Map(known.value).set(key, found)
    } catch (error) {
      if (abort.signal.aborted) break
      known.value = new Map(known.value).set(key, error instanceof Error ? error.message : String(error))
    }
  }
  if (reading.value?.cancel === cancel) reading.value = null
}
