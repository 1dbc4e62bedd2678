/** Unpacks exactly `byteLength` bytes. @throws RangeError when the input is damaged or of another length */
export type Unpack = (input: Uint8Array, byteLength: number) => Uint8Array
