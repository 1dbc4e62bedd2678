import { SEGMENT } from './segments.ts'

/** Filters of a layer, and room for as many random ones as are made at a time. */
export interface RandomRoom {
  readonly filters: number
  readonly taps: number
  /** Address of `randomBytes` bytes, 16-byte aligned. */
  readonly room: number
}

export function randomBytes({ filters, taps }: Omit<RandomRoom, 'room'>): number {
  return 16 * Math.ceil((Math.min(filters, SEGMENT) * taps) / 4)
}
