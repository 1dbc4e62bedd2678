import { type Difference, MOST_DIFFERENCES } from './compare-rows.ts'

/** The values in which two JSON texts differ, each by its path: "groups.a.models", "pairs[3].shift". At most `MOST_DIFFERENCES`. */
export function compareJson(table: string, stored: string, made: string): Difference[] {
  const differences: Difference[] = []
  const walk = (path: string, a: unknown, b: unknown): void => {
    if (Object.is(a, b) || differences.length >= MOST_DIFFERENCES) return
    if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        walk(Array.isArray(a) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, own(a, key), own(b, key))
      return
    }
    differences.push({ table, row: 'all', column: path, stored: shown(a), recomputed: shown(b) })
  }
  const before = parsed(stored)
  if (before === undefined) return [{ table, row: 'all', column: '(the file)', stored: 'no JSON', recomputed: 'JSON' }]
  walk('', before, JSON.parse(made))
  return differences
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function own(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}

function shown(value: unknown): string {
  const text = value === undefined ? 'not there' : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
