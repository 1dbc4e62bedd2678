import { depthNote } from '../../database/depth-words.ts'
import type { Loaded } from '../state/models.ts'

/** What the depths of models rest on, where that is not their graphs. */
export function DepthNote({ models }: { models: readonly Pick<Loaded, 'row'>[] }) {
  const text = depthNote(models.map(({ row }) => row))
  return text === undefined ? null : <p class="small muted">{text}</p>
}
