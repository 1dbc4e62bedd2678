import { stripVTControlCharacters } from 'node:util'

const NONE = /[\p{M}\p{Cf}]/u
/** Scripts and signs that take two places of a terminal (Unicode's East Asian Width "wide" and "fullwidth", coarsely). */
const TWO =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u
const PLAIN = /^[\x20-\x7e]*$/

/** Places that a text takes on a terminal; colours take none. */
export function terminalWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += NONE.test(character) ? 0 : TWO.test(character) ? 2 : 1
  return width
}
