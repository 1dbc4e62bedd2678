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
