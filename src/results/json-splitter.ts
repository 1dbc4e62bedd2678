const [QUOTE, ESCAPE, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Longer names are none of a list that is taken out. */
const LONGEST_NAME = 64

/**
 * Takes the items of some lists, members of the outermost object, out of JSON that comes in pieces: each goes as text to the function
 * of its list, and what is left is the same JSON with these lists empty. It does not judge the JSON: what is wrong is found where it
 * is parsed.
 */
export class JsonSplitter {
  readonly #lists: Readonly<Record<string, (text: string) => void>>
  readonly #decoder = new TextDecoder()
  #depth = 0
  #inString = false
  #escaped = false
  /** Of a string in the outermost object the characters so far; undefined: it is no name of a list. */
  #name: string | undefined
  /** The name of a list has been read, and its colon is awaited, or its list. */
  #state: 'out' | 'key' | 'colon' | 'list' = 'out'
  #list = ''
  #onItem: (text: string) => void = () => undefined
  readonly #done = new Set<string>()
  /** Bytes of the item so far, from earlier pieces. */
  #item: Uint8Array[] = []

  constructor(lists: Readonly<Record<string, (text: string) => void>>) {
    this.#lists = lists
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
        this.#name = this.#depth === 1 ? '' : undefined
      } else if (byte === OPEN || byte === OPEN_LIST) {
        this.#depth++
        if (this.#state === 'colon' && byte === OPEN_LIST && this.#depth === 2) {
          this.#state = 'list'
          this.#done.add(this.#list)
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
      this.#name = undefined
    } else if (byte === ESCAPE) this.#escaped = true
    else if (byte === QUOTE) {
      this.#inString = false
      if (this.#state !== 'list') this.#endName()
    } else if (this.#name !== undefined)
      this.#name = this.#name.length < LONGEST_NAME ? this.#name + String.fromCharCode(byte) : undefined
  }

  #endName(): void {
    const name = this.#name
    const onItem = name !== undefined && !this.#done.has(name) && Object.hasOwn(this.#lists, name) ? this.#lists[name] : undefined
    this.#state = onItem ? 'key' : 'out'
    if (!onItem) return
    this.#onItem = onItem
    this.#list = name!
  }

  #end(last: Uint8Array): void {
    const parts = [...this.#item, last]
    this.#item = []
    const text = parts.map((part) => this.#decoder.decode(part, { stream: true })).join('') + this.#decoder.decode()
    if (text.trim() !== '') this.#onItem(text)
  }
}
