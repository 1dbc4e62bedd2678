import { existsSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import type { RandomAccess } from '../io/random-access.ts'

/** Most bytes of a list: two million paths of a hundred letters. */
const LARGEST_LIST = 200 << 20

/**
 * Inputs with lists put in their place: `@list.txt` is the file list.txt, `-` (or `@-`) standard input. A list has a path, pattern or
 * address a line (or separated by NUL, as find -print0 writes them); empty lines and lines that begin with # are passed over.
 * Paths are meant from the current folder, as if they had been typed. A file that is really called @list.txt is given as ./@list.txt.
 * @throws InputError for a list that is missing, empty, too long or no UTF-8 text
 */
export async function expandLists(given: readonly string[]): Promise<string[]> {
  const all: string[] = []
  let isRead = false
  for (const one of given) {
    if (isInput(one)) {
      if (isRead) throw new InputError('-', 'stands for standard input, which can be read only once')
      isRead = true
      for (const entry of entriesOf('standard input', await readInput())) all.push(entry)
    } else if (one.startsWith('@') && one.length > 1) {
      if (existsSync(one) && !existsSync(one.slice(1)))
        throw new InputError(one, `would be the list ${one.slice(1)}, which is not there; for the file itself write ./${one}`)
      const access = await openFile(one.slice(1))
      try {
        for (const entry of entriesOf(one.slice(1), await readList(access))) all.push(entry)
      } finally {
        await access.close?.()
      }
    } else all.push(one)
  }
  return all
}

function isInput(one: string): boolean {
  return one === '-' || one === '@-'
}

async function readList(access: RandomAccess): Promise<Uint8Array> {
  if (access.byteLength > LARGEST_LIST) throw tooLong(access.name)
  return access.read(0, access.byteLength)
}

async function readInput(): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > LARGEST_LIST) throw tooLong('standard input')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function entriesOf(name: string, bytes: Uint8Array): string[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new InputError(
      name,
      'is read as a list of inputs and is no UTF-8 text; a model itself is given without @ and not on standard input',
      { cause: error },
    )
  }
  const lines = text.includes('\0') ? text.split('\0') : text.split(/\r?\n/)
  const entries = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'))
  if (entries.length === 0) throw new InputError(name, 'is a list of inputs that names none')
  const list = entries.find((entry) => isInput(entry) || (entry.startsWith('@') && entry.length > 1))
  if (list !== undefined) throw new InputError(name, `names ${list}, a list inside a list; name its inputs`)
  return entries
}

function tooLong(name: string): InputError {
  return new InputError(name, `is read as a list of inputs and is longer than ${LARGEST_LIST} bytes`)
}
