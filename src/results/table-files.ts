/** Names of the tables in a results folder. */
export const tableFiles = { layers: 'layers.arrow', models: 'models.arrow', skipped: 'skipped.arrow' } as const
