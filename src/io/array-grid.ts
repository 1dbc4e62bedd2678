/**
 * An array that is kept in chunks, each of which is unpacked as a whole: what it costs to read a part follows from how many chunks the
 * part lies in. Given where reading from first to last would unpack chunks again and again.
 */
export interface ArrayGrid {
  /** Elements along each axis, slowest first, and elements of a chunk along each. */
  readonly shape: readonly number[]
  readonly chunks: readonly number[]
  /** Elements from `first` on, `counts` of each axis, as bytes in row-major order. @throws InputError */
  box(first: readonly number[], counts: readonly number[]): Promise<Uint8Array>
}

/** Elements along each axis of a box of whole chunks, along the last axes first: about `most` in all, and one chunk at least. */
export function wholeChunks({ shape, chunks }: Pick<ArrayGrid, 'shape' | 'chunks'>, most: number): number[] {
  const box = [...chunks]
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = box.reduce((product, n) => product * n, 1)
    box[axis] = Math.min(shape[axis]!, chunks[axis]! * Math.max(1, Math.floor(most / size)))
  }
  return box
}
