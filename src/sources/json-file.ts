import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { parsedJson } from './json-text.ts'

/** Longer than any model's description: the largest graphs take some tens of megabytes. */
export const LONGEST_TEXT = 1 << 28

/** A whole text file. @throws InputError when it is longer than 256 MiB or no UTF-8 */
export async function readText(access: RandomAccess): Promise<string> {
  if (access.byteLength > LONGEST_TEXT)
    throw new InputError(access.name, `has ${access.byteLength} bytes of text, more than the ${LONGEST_TEXT} that are read`)
  const bytes = await access.read(0, access.byteLength)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new InputError(access.name, 'is not UTF-8 text; get the file again', { cause: error })
  }
}

/** A whole JSON file. @throws InputError when it is too long or is no JSON */
export async function readJson(access: RandomAccess): Promise<unknown> {
  const text = await readText(access)
  try {
    return parsedJson(text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new InputError(access.name, `is not valid JSON (${detail}); the file is cut short or damaged, get it again`, {
      cause: error,
    })
  }
}

/** An object with any members; false for arrays and null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
