import type { Input, RandomAccess } from '../io/random-access.ts'

/** What tells the bytes of an input's files from all others, for the journal; undefined where something cannot be told (an address). */
export function identityOf(input: Input, parts: readonly RandomAccess[]): string | undefined {
  const identities = [input.access, ...parts].map(({ watch }) => watch?.identity)
  return identities.includes(undefined) ? undefined : [input.path, ...identities].join(' | ')
}
