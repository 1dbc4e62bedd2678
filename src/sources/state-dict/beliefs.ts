import type { NamedShape } from './module-tree.ts'

const MEAN = /^(mu|mean|loc)$/i
const SPREAD = /^(rho|sigma2?|logsigma2?|logvar|logstd|std|eps(ilon)?)$/i
/** A longer name is no path that anybody wrote. */
const LONGEST_PATH = 1000

/**
 * What a Bayesian layer keeps beside the mean of each weight, by position with the reason: its spread, what was drawn for it, and the prior of
 * both (`mu_kernel`, `rho_kernel`, `eps_kernel`, `prior_weight_mu`; `weight_mu`, `weight_log_sigma`). The mean is the weight that is
 * measured. They are told by a mean in the same module with the same shape.
 */
export function beliefs(tensors: readonly NamedShape[]): Map<number, string> {
  const parsed = tensors.map(({ name, shape }) => (shape.length < 3 || name.length > LONGEST_PATH ? undefined : wordsOf(name)))
  const means = new Map<string, string>()
  const ofModule = new Map<string, string>()
  tensors.forEach(({ name, shape }, k) => {
    const words = parsed[k]
    if (!words?.mean || words.prior) return
    const place = `${words.module} ${shape.join()}`
    means.set(`${place} ${words.rest}`, name)
    if (!ofModule.has(place)) ofModule.set(place, name)
  })
  const found = new Map<number, string>()
  if (means.size === 0) return found
  tensors.forEach(({ shape }, k) => {
    const words = parsed[k]
    if (!words) return
    const place = `${words.module} ${shape.join()}`
    const mean = words.prior ? ofModule.get(place) : words.spread ? means.get(`${place} ${words.rest}`) : undefined
    if (mean !== undefined) found.set(k, `${words.prior ? 'the prior' : 'the spread'} of a weight of which ${mean} is the mean`)
  })
  return found
}

function wordsOf(name: string): { module: string; mean: boolean; spread: boolean; prior: boolean; rest: string } {
  const at = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'))
  const words = name.slice(at + 1).split('_')
  // log_sigma is one word in two.
  const joined = words.flatMap((word, k) =>
    words[k - 1]?.toLowerCase() === 'log' ? [] : word.toLowerCase() === 'log' ? [`log${words[k + 1] ?? ''}`] : [word],
  )
  const has = (pattern: RegExp): boolean => joined.some((word) => pattern.test(word))
  return {
    module: name.slice(0, at + 1),
    mean: has(MEAN),
    spread: has(SPREAD),
    prior: has(/^prior$/i),
    rest: joined.filter((word) => !MEAN.test(word) && !SPREAD.test(word)).join('_'),
  }
}
