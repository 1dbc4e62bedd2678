/** One number for each axis of a layer: out, in, row, column. */
export type Four = readonly [number, number, number, number]

/** A part of a layer: of each axis the first index, and how many. */
export interface LayerPart {
  readonly first: Four
  readonly counts: Four
}
