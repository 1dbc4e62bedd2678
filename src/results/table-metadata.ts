import type { Analysis } from '../measure/model-row.ts'

// What a model table carries beside its rows, checked before it is believed: the table may come from anywhere.

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
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
