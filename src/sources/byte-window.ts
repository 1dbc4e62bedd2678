import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'

const SMALLEST = 1 << 12
const LARGEST = 1 << 20

/** Reads a file from front to back through one window of it; what is passed over is not read. */
export class ByteWindow {
  position = 0
  readonly access: RandomAccess
  #bytes: Uint8Array = new Uint8Array(0)
  #from = 0
  #size = SMALLEST

  constructor(access: RandomAccess) {
    this.access = access
  }

  /** Bytes that are left. */
  get left(): number {
    return this.access.byteLength - this.position
  }

  /**
   * The next `count` bytes, which are good until the next call. The window grows while the file is read in one run and is small again
   * after a jump. @throws InputError when the file ends before
   */
  async take(count: number): Promise<Uint8Array> {
    const end = this.#from + this.#bytes.length
    if (this.position < this.#from || this.position + count > end) {
      if (!(count <= this.left)) throw this.cutShort()
      const isInOneRun = this.position >= this.#from && this.position <= end
      this.#size = isInOneRun ? Math.min(2 * this.#size, LARGEST) : SMALLEST
      this.#bytes = await this.access.read(this.position, Math.min(Math.max(count, this.#size), this.left))
      this.#from = this.position
    }
    const start = this.position - this.#from
    this.position += count
    return this.#bytes.subarray(start, start + count)
  }

  /** The next `count` bytes as numbers. */
  async numbers(count: number): Promise<DataView> {
    const bytes = await this.take(count)
    return new DataView(bytes.buffer, bytes.byteOffset, count)
  }

  /** Passes over bytes. @throws InputError when the file ends before */
  pass(count: number): void {
    if (!(count <= this.left)) throw this.cutShort()
    this.position += count
  }

  damaged(at: number, what: string): InputError {
    return new InputError(this.access.name, `is damaged at byte ${at}: ${what}; get the file again`)
  }

  cutShort(): InputError {
    return new InputError(this.access.name, `is cut short: it ends at byte ${this.access.byteLength}; get the file again`)
  }
}
