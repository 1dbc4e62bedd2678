import type { Training } from './source.ts'

/** How trainers and frameworks call them, in the order in which they are believed. */
const EPOCH = ['epoch', 'current_epoch', 'last_epoch', 'ss_epoch']
const STEP = [
  'global_step',
  'step',
  'iteration',
  'iterations',
  'iter',
  'num_updates',
  'total_steps',
  'ss_steps',
  'train_step',
  'save_counter',
]

/** How far a training was, by what a checkpoint holds under the names that are used for it; undefined where it says nothing. */
export function trainingOf(said: (name: string) => unknown): Training | undefined {
  const numberOf = (names: readonly string[]): number | null => {
    for (const name of names) {
      const number = asNumber(said(name))
      if (number !== null) return number
    }
    return null
  }
  const [epoch, step] = [numberOf(EPOCH), numberOf(STEP)]
  return epoch === null && step === null ? undefined : { epoch, step }
}

/** A number from 0 on, also one that was written as text. */
function asNumber(value: unknown): number | null {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list = value as unknown as ArrayLike<unknown>
    return list.length === 1 ? asNumber(list[0]) : null
  }
  const isText = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)
  const number = typeof value === 'bigint' || isText ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null
}

/** Names under which a number may say it, for those who have to read it first. */
export const trainingNames: ReadonlySet<string> = new Set([...EPOCH, ...STEP])
