import { type GroupReport, type MetricName, metricNames, type PairedComparison } from '../analysis/report-types.ts'
import { metricWords } from '../figures/metric-words.ts'
import { list, plural, pNumber, sentence } from '../words.ts'

/** The counting that the answer uses: observations are independent. */
export const HEADLINE = 'models'
/** Below this a difference is said to be shown. */
export const LEVEL = 0.05

/** The comparison of a metric over all layers and all data sets. */
export function overall(report: GroupReport, metric: MetricName, dataset: string | null = null): PairedComparison | undefined {
  return report.comparisons.find(
    (c) => c.metric === metric && c.bucket === 'all' && c.dataset === dataset && c.counting === HEADLINE,
  )
}

export function isShown(comparison: PairedComparison | undefined): boolean {
  return comparison !== undefined && comparison.p_holm !== null && comparison.p_holm < LEVEL
}

/** True when zero lies outside the bootstrap interval: the pairs at hand agree, whatever a test may say of others. */
function isClear({ interval }: PairedComparison): boolean {
  return interval !== null && (interval[0] > 0 || interval[1] < 0)
}

/** The answer: what differs and what is not shown to (the lead), then why it could not be. */
export function leadSentences(report: GroupReport): { readonly lead: string; readonly rest: readonly string[] } {
  const { a, b } = report.groups
  const tests = metricNames
    .map((metric) => overall(report, metric))
    .filter((c) => c !== undefined && c.difference !== null) as PairedComparison[]
  if (report.pairs.length === 0)
    return {
      lead: `${sentence(plural(a.models, `${a.name} model`))} and ${plural(b.models, `${b.name} model`)} stand beside each other without pairs, so nothing is tested: differences below may come from the choice of models.`,
      rest: [],
    }
  if (tests.length === 0)
    return {
      lead: `The pairs of ${a.name} and ${b.name} models share no metric that is defined, so nothing can be said.`,
      rest: [],
    }
  const [untested] = tests
  if (tests.every((c) => c.test === null))
    return {
      lead: `With ${plural(report.pairs.length, 'pair')} nothing can be tested${untested!.because === null ? '' : ` (${untested!.because})`}: the differences below are those of these models and say nothing about others.`,
      rest: [],
    }
  const shown = tests.filter(isShown)
  const others = tests.filter((c) => !isShown(c))
  const sentences: string[] = []
  const tooFew = smallestPossible(tests)
  const clear = tooFew === null ? shown : tests.filter(isClear)
  if (clear.length > 0) {
    const clauses = clear.map((c) => {
      const words = metricWords[c.metric]
      return `${c.difference! > 0 ? words.more : words.less} (${words.difference(c.difference)})`
    })
    const where = tooFew === null ? sentence(b.name) : `In these ${report.pairs.length} pairs ${b.name}`
    sentences.push(`${where} models ${list(clauses)} than their ${a.name} counterparts.`)
  }
  if (tooFew !== null && clear.length > 0) sentences.push('They are too few to show it for other models.')
  else if (others.length > 0) {
    const names = others.map((c) => metricWords[c.metric].name)
    const counterparts = shown.length > 0 ? '' : ` between ${b.name} models and their ${a.name} counterparts`
    sentences.push(`No difference${counterparts} is shown in ${list(names, 'or')}.`)
  }
  const rest = [directions(report), tooFew, fewSparse(tests, report)].filter((text) => text !== null)
  return { lead: sentences.join(' '), rest }
}

/** How sure: what an observation is, and what the numbers in brackets are. */
export function howSure(report: GroupReport): string {
  const { a } = report.groups
  const n = metricNames.map((metric) => overall(report, metric)?.n ?? 0).reduce((most, v) => Math.max(most, v), 0)
  const pairs = report.pairs.length
  const shared =
    n < pairs
      ? `${plural(pairs, 'pair')}, of which ${plural(n, 'observation is', 'observations are')} independent: differences of pairs that share a model, or models with the same filters, are averaged first`
      : `${plural(pairs, 'pair')}, each of its own ${a.name} model`
  const level = Math.round(100 * report.methods.level)
  return `${sentence(shared)}. Brackets: ${level} % bootstrap interval of the mean difference (not corrected); p: two-sided Wilcoxon signed-rank test, corrected for the three metrics by Holm's method. A p below ${LEVEL} is called shown; a larger one does not show that there is no difference.`
}

/**
 * With few pairs even the clearest result cannot reach the level: a test whose differences all had one sign gives its smallest
 * p (2 / 2^n where it is exact, more with ties and zeros), and Holm's method multiplies it by the number of tests. Null when it can.
 */
function smallestPossible(tests: readonly PairedComparison[]): string | null {
  const made = tests.flatMap(({ test }) => (test === null ? [] : [{ n: test.n, p: test.p_least ?? leastOf(test.n) }]))
  const [first] = made
  if (!first) return null
  const least = made.reduce((best, one) => (one.p < best.p ? one : best), first)
  const corrected = Math.min(1, least.p * made.length)
  if (corrected < LEVEL) return null
  const holm = made.length > 1 ? `, and ${pNumber(corrected)} after correction for ${plural(made.length, 'metric')}` : ''
  return `With ${plural(least.n, 'pair')} the smallest p that the test can give is ${pNumber(least.p)}${holm}: so few pairs cannot show a difference at ${LEVEL}, however clear it is.`
}

/** Of the exact test, for results that do not say it. */
function leastOf(n: number): number {
  let p = 1
  for (let i = 1; i < n; i++) p /= 2
  return p
}

/** In how many pairs the studied model is higher: what the data say before any test. */
function directions({ pairs, groups }: GroupReport): string | null {
  const parts = metricNames.flatMap((metric, i) => {
    const defined = pairs.filter((pair) => pair.metrics[metric].difference !== null)
    const higher = defined.filter((pair) => pair.metrics[metric].difference! > 0).length
    const equal = defined.filter((pair) => pair.metrics[metric].difference === 0).length
    if (defined.length === 0) return []
    return [
      `${metricWords[metric].name} in ${higher} of ${i === 0 ? plural(defined.length, 'pair') : defined.length}${equal > 0 ? ` (${equal} equal)` : ''}`,
    ]
  })
  return parts.length === 0 ? null : `The ${groups.b.name} model of a pair has the higher value of ${list(parts)}.`
}

/** Says so when there are next to no sparse filters to compare. */
function fewSparse(tests: readonly PairedComparison[], { groups }: GroupReport): string | null {
  const sparsity = tests.find((c) => c.metric === 'sparsity')
  if (!sparsity || (sparsity.a ?? 1) >= 0.005 || (sparsity.b ?? 1) >= 0.005) return null
  const { value } = metricWords.sparsity
  return `There are next to no sparse filters in either group (${value(sparsity.a)} ${groups.a.name}, ${value(sparsity.b)} ${groups.b.name}), so sparsity says nothing about their difference.`
}
