import { InputError } from '../errors.ts'

/** Most alternatives that braces may unfold to. */
const MOST_PATTERNS = 1000

/** True for a path with *, ?, [ ] or { , }: a pattern rather than a name. */
export function isGlob(path: string): boolean {
  return /[*?]|\[[^\]]+\]|\{[^}]*,[^}]*\}/.test(path)
}

/** Unfolds {a,b}, also nested: net.{onnx,pt} → net.onnx, net.pt. @throws InputError for more than 1,000 patterns */
export function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const open = [pattern]
  while (open.length > 0) {
    const next = open.pop()!
    const group = firstGroup(next)
    if (!group) {
      done.push(next)
    } else {
      const [start, end, choices] = group
      for (const choice of choices.reverse()) open.push(next.slice(0, start) + choice + next.slice(end))
    }
    if (open.length + done.length > MOST_PATTERNS)
      throw new InputError(pattern, `stands for more than ${MOST_PATTERNS} patterns; name a folder, or use *`)
  }
  return [...new Set(done)]
}

/** The first innermost {…} that holds a comma: where it is and its alternatives. */
function firstGroup(pattern: string): [start: number, end: number, choices: string[]] | undefined {
  const found = /\{([^{}]*,[^{}]*)\}/.exec(pattern)
  return found ? [found.index, found.index + found[0].length, found[1]!.split(',')] : undefined
}

/** What one character of a name is held against: any run of characters, or a test of one. */
type Token = '*' | ((char: string) => boolean)

/** One part of a path between slashes as a test: * any characters, ? one, [abc] [a-z] [!a] a set. A leading dot must be written. */
export function segmentTest(segment: string): (name: string) => boolean {
  const tokens = tokensOf(segment)
  return (name) => (!name.startsWith('.') || segment.startsWith('.')) && fits([...name], tokens)
}

function tokensOf(segment: string): Token[] {
  return [...segment.matchAll(/\[[!^]?[^\]]+\]|./gsu)].map(([part]): Token => {
    if (part === '*') return '*'
    if (part === '?') return () => true
    if (part.length === 1 || !part.startsWith('[')) return (char) => char === part
    const not = /^\[[!^]/.test(part)
    const ranges = [...part.slice(not ? 2 : 1, -1).matchAll(/(.)-(.)|./gsu)].map(([all, from, to]) => [from ?? all, to ?? all])
    return (char) => ranges.some(([from, to]) => char >= from! && char <= to!) !== not
  })
}

/** Goes back only to the last star, so the time is at most the product of both lengths. */
function fits(name: readonly string[], tokens: readonly Token[]): boolean {
  let at = 0
  let token = 0
  let star = -1
  let resume = 0
  while (at < name.length) {
    const wanted = tokens[token]
    if (wanted === '*') {
      star = token++
      resume = at
    } else if (wanted?.(name[at]!)) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      at = ++resume
    } else {
      return false
    }
  }
  return tokens.slice(token).every((rest) => rest === '*')
}
