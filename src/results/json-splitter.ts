const [QUOTE, ESCAPE, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Takes the items of one list, a member of the outermost object, out of JSON that comes in pieces: each goes to `onItem` as text,
 * and what is left is the same JSON with that list empty. It does not judge the JSON: what is wrong is found where it is parsed.
 */
export class JsonSplitter {
  readonly #key: Uint8Array
  readonly #onItem: (text: string) => void
  readonly #decoder = new TextDecoder()
  #depth = 0
  #inString = false
  #escaped = false
  /** Bytes of the key that have been seen, of a string in the outermost object; -1: it is another. */
  #matched = -1
  /** The key has been read, and its colon is awaited, or its list. */
  #state: 'out' | 'key' | 'colon' | 'list' = 'out'
  #done = false
  /** Bytes of the item so far, from earlier pieces. */
  #item: Uint8Array[] = []

  constructor(key: string, onItem: (text: string) => void) {
    this.#key = new TextEncoder().encode(key)
    this.#onItem = onItem
  }

  /** @returns what of these bytes is no item */
  push(bytes: Uint8Array): Uint8Array {
    const rest = new Uint8Array(bytes.length)
    let kept = 0
    /** Where the item in this piece begins. */
    let from = 0
    for (let k = 0; k < bytes.length; k++) {
      const byte = bytes[k]!
      const inList = this.#state === 'list'
      if (this.#inString) {
        this.#string(byte)
        if (!inList) rest[kept++] = byte
        continue
      }
      if (byte === QUOTE) {
        this.#inString = true
        if (this.#depth === 1 && !this.#done) this.#matched = 0
      } else if (byte === OPEN || byte === OPEN_LIST) {
        this.#depth++
        if (this.#state === 'colon' && byte === OPEN_LIST && this.#depth === 2) {
          this.#state = 'list'
          from = k + 1
          rest[kept++] = byte
          continue
        }
      } else if (byte === CLOSE || byte === CLOSE_LIST) this.#depth--
      if (inList) {
        const isEnd = this.#depth === 1
        if (isEnd || (byte === COMMA && this.#depth === 2)) {
          this.#end(bytes.subarray(from, k))
          from = k + 1
        }
        if (!isEnd) continue
        this.#state = 'out'
        this.#done = true
      } else if (this.#state === 'key' && byte === COLON) this.#state = 'colon'
      else if (byte > 0x20 && byte !== QUOTE) this.#state = 'out'
      rest[kept++] = byte
    }
    if (this.#state === 'list') this.#item.push(bytes.slice(from))
    return rest.subarray(0, kept)
  }

  #string(byte: number): void {
    if (this.#escaped) {
      this.#escaped = false
      this.#matched = -1
    } else if (byte === ESCAPE) this.#escaped = true
    else if (byte === QUOTE) {
      this.#inString = false
      if (this.#state !== 'list') this.#state = this.#matched === this.#key.length ? 'key' : 'out'
      this.#matched = -1
    } else if (this.#matched >= 0) this.#matched = this.#key[this.#matched] === byte ? this.#matched + 1 : -1
  }

  #end(last: Uint8Array): void {
    const parts = [...this.#item, last]
    this.#item = []
    const text = parts.map((part) => this.#decoder.decode(part, { stream: true })).join('') + this.#decoder.decode()
    if (text.trim() !== '') this.#onItem(text)
  }
}
