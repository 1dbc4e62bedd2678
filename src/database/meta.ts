/** A further file that a model was read from: external data, a shard. */
export interface InputPart {
  /** Path beside the model's own file, named as that is. */
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/** A value of a metadata column. */
export type MetaValue = string | number | boolean | null
