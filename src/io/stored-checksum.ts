/** A checksum's name, as sentences have it: CRC-32 of zips, CRC-32C of TensorFlow's checkpoints. */
export type CrcName = 'CRC-32' | 'CRC-32C'

/** A stretch of bytes and its checksum. */
export interface CrcPart {
  readonly from: number
  readonly to: number
  readonly crc: number
}

/** The checksum that is stored with bytes, held against them as they are read: whoever reads all of them need not read them again. */
export interface StoredChecksum {
  readonly name: CrcName
  /** False when it has been held against the bytes: nothing needs to be summed any more. */
  readonly isOpen: boolean
  /** Adds what another thread read; places are those of the file that the bytes lie in. */
  add(parts: readonly CrcPart[]): void
  /**
   * Reads what nobody has read yet, and compares.
   * @throws InputError when the bytes are not those of the checksum, each time it is asked
   */
  verify(signal?: AbortSignal): Promise<void>
}
