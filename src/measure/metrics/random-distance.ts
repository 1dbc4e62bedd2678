/** What the distance to random filters and its level by chance have in common. */
export const toRandom = {
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: null,
  needs: ['random'],
  overall: null,
  inOlderTables: 'unknown',
  group: 'random',
  stored: 'when asked',
  compared: null,
} as const

/** When one of them has no value. */
export const withoutRandom = 'not asked for (`--metrics random`), or fewer than two non-sparse filters'
