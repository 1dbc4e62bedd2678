import { looksUntrained } from '../measure/flags.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import { percent, plural } from '../words.ts'
import type { Flag } from './flags.ts'

/** What is asked of a layer here. */
type Flagged = Pick<MeasuredLayer, 'filters' | 'flags'>

/** True for the sentence of a flag that says that a layer looks untrained. */
function saysUntrained(sentence: string | undefined): boolean {
  return sentence?.startsWith(looksUntrained) ?? false
}

/** The flags that say something else of a layer: of a model that looks untrained as a whole that is said once. */
export function beyondUntrained(flags: readonly Flag[]): readonly Flag[] {
  return flags.filter(({ message }) => !saysUntrained(message))
}

/** A sentence about a model most of whose filters are as at initialisation; undefined of any other. */
export function untrainedText(model: string, layers: readonly Flagged[]): string | undefined {
  const fresh = layers.filter(({ flags }) => saysUntrained(flags.variance_entropy))
  const sum = (some: readonly Flagged[]): number => some.reduce((total, { filters }) => total + filters, 0)
  const share = sum(fresh) / sum(layers)
  if (!(share > 0.5)) return undefined
  return `${model} looks untrained: in ${fresh.length} of ${plural(layers.length, 'layer')} (${percent(share)} of its filters) the filters cannot be told from random ones, as at initialisation`
}
