import { InputError } from '../errors.ts'
import type { Input } from '../io/random-access.ts'
import { extension } from './candidates.ts'
import type { FormatEntry } from './registry.ts'
import { HEAD_BYTES, type Source, type SourceFormat } from './source.ts'
import { describeUnknown } from './unread/describe.ts'

/** The first of these formats that recognises an input by its bytes, or undefined when none does. */
export async function findAmong(input: Input, entries: readonly FormatEntry[]): Promise<SourceFormat | undefined> {
  const head = await readHead(input)
  const candidates = entries.filter(({ begins }) => !begins || begins(head, input.path))
  // All that is asked before the likely one will be needed: it comes at once, not one after the other.
  const likely = candidates.findIndex(({ owns }) => owns.includes(extension(input.path)))
  for (const entry of candidates.slice(0, likely + 1)) entry.load().catch(() => undefined) // told when its turn comes
  for (const entry of candidates) {
    const format = await entry.load()
    if (await format.match(head, input)) return format
  }
  return undefined
}

/**
 * Opens an input with the first of these readers that recognises its bytes. The input's access belongs to the source from here on:
 * `Source.close` closes it, and so does a failure.
 * @throws InputError when no format recognises it (the sentence says what it is) or its reader refuses it
 */
export async function openAmong(input: Input, entries: readonly FormatEntry[]): Promise<Source> {
  try {
    const format = await findAmong(input, entries)
    if (format) return await format.open(input)
    throw new InputError(input.access.name, await describeUnknown(await readHead(input), input))
  } catch (error) {
    await input.access.close?.()
    throw error
  }
}

function readHead(input: Input): Promise<Uint8Array> {
  return input.access.read(0, Math.min(HEAD_BYTES, input.access.byteLength))
}
