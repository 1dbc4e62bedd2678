/** Rows and columns of "3x3". */
export function sidesOf(kernel: string): readonly [height: number, width: number] {
  const [height = 0, width = 0] = kernel.split('x').map(Number)
  return [height, width]
}

/** Weights of a filter of that size. */
export function tapsOf(kernel: string): number {
  const [height, width] = sidesOf(kernel)
  return height * width
}
