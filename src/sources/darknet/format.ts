import type { SourceFormat } from '../source.ts'
import { looksLikeConfiguration, looksLikeDarknetWeights, otherOfPair } from './look.ts'

/** Darknet: a configuration (.cfg) and its weights (.weights), opened at either; the other lies beside it. */
export const darknet: SourceFormat = {
  name: 'darknet',
  async match(head, input) {
    if (!looksLikeConfiguration(head) && !looksLikeDarknetWeights(head, input.access)) return false
    const other = await otherOfPair(input, head)
    await other?.close?.()
    return other !== undefined
  },
  open: async (input) => (await import('./open.ts')).openDarknet(input),
}
