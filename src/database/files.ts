/** Files of a filter database. */
export const databaseFiles = { filters: 'filters.arrow', layers: 'layers.arrow', models: 'models.arrow' } as const

/** Taps of its filters: 3×3 only. Kernels of other sizes have no place in a table with one width. */
export const DATABASE_TAPS = 9
