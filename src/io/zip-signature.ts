/** @returns true for bytes that begin a zip: a local header, or the end record of an empty zip. */
export function looksLikeZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))
}

/** MediaPipe's tasks are aligned by zeros in front of the first entry, so that what is stored in them can be mapped. */
const MOST_PADDING = 64

/** @returns true for bytes that begin a zip, or zeros before one: its directory says where the first entry lies. */
export function looksLikePaddedZip(head: Uint8Array): boolean {
  const start = head.findIndex((byte) => byte !== 0)
  return start >= 0 && start <= MOST_PADDING && looksLikeZip(head.subarray(start))
}
