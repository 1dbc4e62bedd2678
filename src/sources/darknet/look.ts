import { byteText } from '../../io/byte-text.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import { configurationNames, weightNames } from './pair.ts'

/** True for text whose first section is a network's. */
export function looksLikeConfiguration(head: Uint8Array): boolean {
  return /^(\s|[#;].*\n)*\[(net|network)\]\s*$/m.test(byteText(head).replace(/^\ufeff|^ï»¿/, ''))
}

/** Version 0.1 to 0.2.5, and whole numbers of 4 bytes to the end. */
export function looksLikeDarknetWeights(head: Uint8Array, access: RandomAccess): boolean {
  if (head.length < 16 || access.byteLength % 4 !== 0) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const [major, minor, revision] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number]
  return major === 0 && (minor === 1 || minor === 2) && revision <= 5
}

/** The file that belongs to this one, found by its name. */
export async function otherOfPair({ path, folder }: Input, head: Uint8Array): Promise<RandomAccess | undefined> {
  const file = path.slice(path.lastIndexOf('/') + 1)
  for (const name of looksLikeConfiguration(head) ? weightNames(file) : configurationNames(file)) {
    const other = await folder.open(name)
    if (!other) continue
    const start = await other.read(0, Math.min(4096, other.byteLength))
    if (looksLikeConfiguration(head) ? looksLikeDarknetWeights(start, other) : looksLikeConfiguration(start)) return other
    await other.close?.()
  }
  return undefined
}
