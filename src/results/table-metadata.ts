import { type NullableMetric, nullableMetrics } from '../measure/layer-row.ts'
import type { Analysis, Parameters, Profile } from '../measure/model-row.ts'

// What a model table carries beside its rows, checked before it is believed: the table may come from anywhere.

const profiles = { cvprw22: true, cvpr22: true, torchconvquality: true } as const satisfies Record<Profile, true>

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

export function isParameters(value: unknown): value is Parameters {
  const { profile, threshold, kernel, kernel_sha256: hash, metrics } = membersOf(value)
  const isMetric = (name: unknown): boolean => nullableMetrics.includes(name as NullableMetric)
  return (
    typeof profile === 'string' &&
    Object.hasOwn(profiles, profile) &&
    typeof threshold === 'number' &&
    typeof kernel === 'string' &&
    typeof hash === 'string' &&
    (metrics === undefined || (Array.isArray(metrics) && metrics.every(isMetric)))
  )
}

export function isFailures(value: unknown): value is Analysis['failed'] {
  const isFailure = (one: unknown): boolean => {
    const { file, problem } = membersOf(one)
    return typeof file === 'string' && typeof problem === 'string'
  }
  return Array.isArray(value) && value.every(isFailure)
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
