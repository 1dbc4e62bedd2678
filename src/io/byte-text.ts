const CHUNK = 8192

/** Bytes as text with one character each, 0 to 255. A TextDecoder for latin1 is one for Windows-1252 in browsers, which changes 27 of them. */
export function byteText(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return text
}
