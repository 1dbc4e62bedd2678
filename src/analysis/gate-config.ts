import * as v from 'valibot'
import { InputError } from '../errors.ts'
import { comparedMetrics } from '../measure/metrics/registry.ts'
import { list } from '../words.ts'
import { limitNames } from './limits.ts'
import { nearestName } from './match-name.ts'

const share = v.pipe(v.number('must be a number'), v.minValue(0, 'must be at least 0'), v.maxValue(1, 'must be at most 1'))
const pattern = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'))
const limits = v.strictObject({
  max_sparsity: v.optional(share),
  min_entropy: v.optional(share),
  min_orthogonality: v.optional(share),
})
const tolerance = v.pipe(v.number('must be a number'), v.minValue(0, 'must be at least 0'))
const tolerances = v.strictObject({
  sparsity: v.optional(tolerance),
  variance_entropy: v.optional(tolerance),
  orthogonality: v.optional(tolerance),
})

/** What filterlens.config.json may hold. */
const gateConfigSchema = v.strictObject({
  $schema: v.optional(v.string()),
  /** Limits by patterns of layer names; where several fit, the last one holds. */
  limits: v.optional(v.record(pattern, limits, 'must be an object: {"layer pattern": {"max_sparsity": 0.5}}')),
  /** Patterns of layers that are not judged. */
  ignore: v.optional(v.array(pattern, 'must be a list of patterns')),
  /** A model, a folder of models, or results. */
  baseline: v.optional(pattern),
  /** How much worse than in the baseline a metric may be: one number, or one for each metric. */
  tolerance: v.optional(v.union([tolerance, tolerances])),
  /** Whether flagged layers are findings beside limits and baseline; without these they always are. */
  flags: v.optional(v.boolean('must be true or false')),
})

/** The configuration of `filterlens check`. */
export type GateConfig = v.InferOutput<typeof gateConfigSchema>

/** @throws InputError when the text is no JSON, or holds what is not known: the keys are named */
export function parseGateConfig(file: string, text: string): GateConfig {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InputError(file, `is no JSON: ${(error as Error).message}`)
  }
  if (Array.isArray(value)) throw new InputError(file, 'must be an object, not a list')
  const result = v.safeParse(gateConfigSchema, value)
  if (result.success) return result.output
  throw new InputError(file, [...new Set(result.issues.map(problemOf))].join('; '))
}

/** The names that mean something where a key stands: among limits and tolerances others than in the file itself. */
function knownBeside(keys: readonly string[]): readonly string[] {
  if (keys.length > 1 && keys[0] === 'limits') return Object.values(limitNames)
  if (keys.length > 1 && keys[0] === 'tolerance') return comparedMetrics
  return Object.keys(gateConfigSchema.entries).filter((key) => key !== '$schema')
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map(({ key }) => String(key))
  const where = keys.join(' → ')
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const key = keys.at(-1) ?? ''
    const known = knownBeside(keys)
    const near = nearestName(key, known)
    return `${where} is not known; ${near ? `did you mean ${near}?` : `known are ${list(known)}`}`
  }
  if (issue.type === 'union') return `${where} must be a number from 0, or an object with ${list(comparedMetrics)}`
  const words = issue.message.startsWith('must ')
    ? issue.message
    : `must be ${issue.expected === 'Object' ? 'an object' : issue.expected}`
  return where === '' ? words : `${where} ${words}`
}
