import type { Input } from '../io/random-access.ts'

/** What a file is that no reader recognises, as the end of a sentence that says what to do. */
export async function describeUnknown(head: Uint8Array, input: Input): Promise<string> {
  if (input.access.byteLength === 0) return 'is empty; get it again'
  return `is no format that filterlens reads (it begins with ${hex(head)})`
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
