/** Files of a filter database. */
export const databaseFiles = { filters: 'filters.arrow', layers: 'layers.arrow', models: 'models.arrow' } as const

/** Taps of its filters: 3×3 only. Kernels of other sizes have no place in a table with one width. */
export const DATABASE_TAPS = 9

/** The one column of filters.arrow. */
export const filterColumn = {
  name: 'weights',
  type: `${DATABASE_TAPS} float32`,
  meaning: 'a filter, row by row; the filters of a layer follow one another, output channel by output channel',
  by: "the format's reader",
} as const
