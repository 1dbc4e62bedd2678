/**
 * What was typed, for the record of a run: without what an address may hold that is secret (a name and password, and the
 * query, in which tokens travel).
 */
export function commandLine(words: readonly string[]): string {
  const plain = words.map((word) =>
    word.replace(/^(https?:\/\/)(?:[^/@]*@)?([^?#]*)(.*)$/is, (_, scheme: string, place: string, rest: string) =>
      rest === '' ? scheme + place : `${scheme}${place}?…`,
    ),
  )
  return ['filterlens', ...plain].join(' ')
}
