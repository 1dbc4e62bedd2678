import type { Chance } from '../analysis/report-types.ts'
import { count, fixed, pNumber } from '../words.ts'

/** Below this p, corrected where there is a family, a shift is said to be beyond chance. */
const LEVEL = 0.05

/** True when a shift is beyond what chance gives. */
export function isBeyondChance(chance: Chance | null | undefined): chance is Chance {
  return chance !== null && chance !== undefined && (chance.p_holm ?? chance.p) < LEVEL
}

/** "chance 0.015, 95 %: 0.046"; what stands beside every shift. */
export function chanceText(chance: Chance | null | undefined, digits = 3): string {
  if (!chance) return 'no chance level'
  return `chance ${fixed(chance.median, digits)}, 95 %: ${fixed(chance.high, digits)}`
}

/** "0.073 [0.015, 0.125]": the excess and its interval. */
export function excessText(chance: Chance | null | undefined, digits = 3): string {
  if (!chance) return '–'
  const { excess, interval } = chance
  return `${fixed(excess, digits)}${interval ? ` [${fixed(interval[0], digits)}, ${fixed(interval[1], digits)}]` : ''}`
}

/**
 * What p cannot fall below after the correction for so many shifts, where that is too much to show anything: the draws are too few.
 * Undefined where they are not. `draws`: of each chance level.
 */
export function tooFewDraws(chances: readonly (Chance | null | undefined)[], draws: number): string | undefined {
  const family = Math.max(0, ...chances.map((chance) => chance?.family ?? 0))
  const least = family / (1 + draws)
  if (least < LEVEL) return undefined
  return `after the correction for ${count(family)} shifts ${count(draws)} draws cannot give a p below ${pNumber(least)}, so few that none could be shown to be beyond chance`
}

const exchanged = {
  cluster: 'the sides of pairs swapped, those that share a model (or the same filters) together',
  model:
    'labels of models permuted, within the data sets that have both and over all where none has, models with the same filters as one',
  filter: 'the filters of both dealt out anew',
} as const

/** How chance levels were drawn, for the small print under a figure or table; empty where there are none. */
export function chanceNote(chances: readonly (Chance | null | undefined)[]): string {
  const units = [...new Set(chances.flatMap((chance) => (chance ? [chance.unit] : [])))]
  if (units.length === 0) return ''
  return `Chance: D when the sides mean nothing (${units.map((unit) => exchanged[unit]).join('; or ')}), its median and its 95 % quantile. Sampling alone lifts D by about that median; the excess is D less it. Beyond chance: p below ${LEVEL} after Holm's correction.`
}
