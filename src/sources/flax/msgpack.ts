import { ByteWindow } from '../byte-window.ts'

// https://github.com/msgpack/msgpack/blob/master/spec.md

const LONGEST_TEXT = 4096
/** The least number that stands for a negative one, by the bytes it has. */
const SIGNS: Readonly<Record<number, number>> = { 1: 0x80, 2: 0x8000, 4: 0x80000000, 8: 0x8000000000000000 }

/** The start of a MessagePack value: a number, text, or what follows it. Of bytes and extensions `size` bytes follow, of lists and maps `size` values and pairs. */
export interface Token {
  readonly kind: 'number' | 'other' | 'text' | 'bytes' | 'list' | 'map' | 'extension'
  readonly size: number
  /** Of numbers: a whole one; NaN for floats. Of extensions: their type. */
  readonly value: number
}

const other: Token = { kind: 'other', size: 0, value: 0 }

/** Reads MessagePack values and passes over contents without reading them. */
export class MsgpackCursor extends ByteWindow {
  /** Reads the start of the next value. @throws InputError when the file ends, or no value begins so */
  async next(): Promise<Token> {
    const at = this.position
    const byte = await this.#number(1)
    if (byte < 0x80) return { kind: 'number', size: 0, value: byte }
    if (byte < 0x90) return { kind: 'map', size: byte & 15, value: 0 }
    if (byte < 0xa0) return { kind: 'list', size: byte & 15, value: 0 }
    if (byte < 0xc0) return { kind: 'text', size: byte & 31, value: 0 }
    if (byte >= 0xe0) return { kind: 'number', size: 0, value: byte - 256 }
    switch (byte) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return other
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return { kind: 'bytes', size: await this.#number(1 << (byte - 0xc4)), value: 0 }
      case 0xc7:
      case 0xc8:
      case 0xc9: {
        const size = await this.#number(1 << (byte - 0xc7))
        return { kind: 'extension', size, value: await this.#type() }
      }
      case 0xca:
      case 0xcb:
        this.pass(byte === 0xca ? 4 : 8)
        return { kind: 'number', size: 0, value: Number.NaN }
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return { kind: 'number', size: 0, value: await this.#number(1 << (byte - 0xcc)) }
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3: {
        const bytes = 1 << (byte - 0xd0)
        return { kind: 'number', size: 0, value: signed(await this.#number(bytes), bytes) }
      }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return { kind: 'extension', size: 1 << (byte - 0xd4), value: await this.#type() }
      case 0xd9:
      case 0xda:
      case 0xdb:
        return { kind: 'text', size: await this.#number(1 << (byte - 0xd9)), value: 0 }
      case 0xdc:
      case 0xdd:
        return { kind: 'list', size: await this.#number(byte === 0xdc ? 2 : 4), value: 0 }
      case 0xde:
      case 0xdf:
        return { kind: 'map', size: await this.#number(byte === 0xde ? 2 : 4), value: 0 }
      default:
        throw this.damaged(at, 'no value begins so')
    }
  }

  /** The content of a text, or of bytes that hold one. */
  async text({ size }: Token): Promise<string> {
    if (size > LONGEST_TEXT) throw this.damaged(this.position, `a name of ${size} bytes`)
    return new TextDecoder().decode(await this.take(size))
  }

  /** Passes over the bytes that follow a token; what lists and maps hold is not among them. */
  passContent({ kind, size }: Token): void {
    if (kind === 'text' || kind === 'bytes' || kind === 'extension') this.pass(size)
  }

  async #type(): Promise<number> {
    const type = await this.#number(1)
    return type > 127 ? type - 256 : type
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes, most significant first. */
  async #number(bytes: number): Promise<number> {
    let value = 0
    for (const byte of await this.take(bytes)) value = value * 256 + byte
    return value
  }
}

/** A two's complement number of 1, 2, 4 or 8 bytes that was read without its sign. */
function signed(value: number, bytes: number): number {
  const half = SIGNS[bytes]!
  return value >= half ? value - 2 * half : value
}
