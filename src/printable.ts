/** A name from a file as it may be shown on a terminal: control and formatting characters become visible escapes. */
export function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

/**
 * Text for a terminal, with names of files in it that nobody has made printable: line breaks, and the colours that we set
 * ourselves, pass; every other control or formatting character becomes a visible escape.
 */
export function printableText(text: string): string {
  return text.replace(COLOUR_OR_CONTROL, (found, colour: string | undefined) =>
    colour !== undefined || found === '\n' ? found : escaped(found),
  )
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const COLOUR_OR_CONTROL = /(\u001b\[(?:\d{1,2}(?:;\d{1,2}){0,2})?m)|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}
