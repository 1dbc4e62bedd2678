/** The passes over the filters, in their order: rows; then, where groups or studies are asked for, the ranges of coefficients, and their counts. */
export const passes = ['measure', 'ranges', 'counts'] as const

export type PassName = (typeof passes)[number]

const file =
  (ending: string) =>
  (pass: PassName, shard: number | string): string =>
    `parts/${pass}/${shard}.${ending}`

/** Where the files of a plan lie, below its folder. */
export const planPaths = {
  /** What is planned; its SHA-256 is the plan's hash. */
  plan: 'plan.json',
  /** The inputs, one a line, in the order of the run. */
  inputs: 'inputs.jsonl',
  /** Copies of the tables that the question names. */
  meta: 'meta.csv',
  pairs: 'pairs.csv',
  /** Of the second pass: bases and models, then the common ranges. */
  basis: 'basis.json',
  range: 'range.json',
  /** A finished part. */
  part: file('part'),
  /** While a shard is at work: who is, what is done, and how far it is. */
  lock: file('lock'),
  journal: file('journal'),
  progress: file('progress'),
  /** Why its last attempt failed. */
  failed: file('failed'),
} as const
