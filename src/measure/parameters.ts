import { type NullableMetric, nullableMetrics } from './metrics/registry.ts'
import { type Profile, profiles } from './profile.ts'

/** Everything that can change a number. */
export interface Parameters {
  readonly profile: Profile
  /** Share of the layer's peak at or below which a filter is sparse. Default 0.01. */
  readonly threshold: number
  /** "3x3", "5x5" … or "all" (every kernel with more than one tap). */
  readonly kernel: string
  readonly kernel_sha256: string
  /** The metrics that were asked for; absent: all but those that are computed on request. */
  readonly metrics?: readonly NullableMetric[]
}

/** True for parameters as a table or a group analysis that was read records them. */
export function isParameters(value: unknown): value is Parameters {
  const { profile, threshold, kernel, kernel_sha256, metrics } = (value ?? {}) as Readonly<Record<string, unknown>>
  return (
    profiles.includes(profile as Profile) &&
    typeof threshold === 'number' &&
    typeof kernel === 'string' &&
    typeof kernel_sha256 === 'string' &&
    (metrics === undefined ||
      (Array.isArray(metrics) && metrics.every((name) => nullableMetrics.includes(name as NullableMetric))))
  )
}
