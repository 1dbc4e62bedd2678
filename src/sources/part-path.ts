import { InputError } from '../errors.ts'

/** Refuses a path that could lead anywhere but into the file's own folder. */
export function requireInside(file: string, location: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in a path are refused
  const strange = /[\\\u0000-\u001f]/.test(location) || /^([A-Za-z]:|\/)/.test(location)
  if (location === '' || strange || location.split('/').includes('..'))
    throw new InputError(
      file,
      `names the file ${JSON.stringify(location.slice(0, 200))} as a part of it, which is not in its folder; such a path is refused`,
    )
}
