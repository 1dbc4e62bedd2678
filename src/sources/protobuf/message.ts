import type { WireCursor } from './wire.ts'

/** Reads the message that a BYTES field holds. @throws InputError when it does not end where it should */
export async function readMessage<T>(c: WireCursor, read: (end: number) => Promise<T>): Promise<T> {
  const end = c.position + c.size
  const result = await read(end)
  if (c.position !== end) throw c.damaged(c.position, 'a part does not end where it should')
  return result
}
