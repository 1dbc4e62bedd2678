import type * as v from 'valibot'
import { principalComponents, whyNoBasis } from '../shift/principal-components.ts'
import type { Moments } from '../wasm/moments.ts'
import { listsOrNull, numbersOrNull } from './report-kinds.ts'

/** The parts of a row about a basis: of t taps, t components of t values. */
export const basisEntries = {
  mean: numbersOrNull('their mean, a number a tap'),
  components: listsOrNull(
    'the components by falling variance, one after the other; the entry of largest magnitude of each is positive',
  ),
  explained_variance: numbersOrNull('variance along each component'),
  explained_variance_ratio: numbersOrNull('the same as a share of all'),
}

type BasisParts = {
  [Part in keyof typeof basisEntries]: v.InferOutput<(typeof basisEntries)[Part]>
} & { because: string | null }

/** A basis as a row holds it; `because`: why there is none, by default what the moments say. */
export function basisParts(moments: Moments, because: string | null = whyNoBasis(moments)): BasisParts {
  if (because !== null) return withoutBasis(because)
  const { mean, components, explainedVariance, explainedVarianceRatio } = principalComponents(moments)
  const taps = mean.length
  return {
    mean: [...mean],
    components: Array.from({ length: taps }, (_, c) => [...components.subarray(c * taps, (c + 1) * taps)]),
    explained_variance: [...explainedVariance],
    explained_variance_ratio: [...explainedVarianceRatio],
    because: null,
  }
}

export function withoutBasis(because: string): BasisParts {
  return { mean: null, components: null, explained_variance: null, explained_variance_ratio: null, because }
}
