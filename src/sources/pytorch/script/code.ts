/** A function of TorchScript's code: the names of its arguments, and its statements, a line each, without what it is indented by. */
export interface ScriptFunction {
  readonly parameters: readonly string[]
  readonly body: readonly string[]
}

/** Functions by their full names: "__torch__.net.Net.forward", "__torch__.torch.nn.functional.relu". */
export type ScriptCode = ReadonlyMap<string, ScriptFunction>

/** A function whose lines are being read; its head grows by a line at a time. */
interface OpenFunction {
  head: string
  readonly indent: number
  readonly body: string[]
}

/**
 * Reads the code that TorchScript keeps (torch/csrc/jit/serialization/python_print.cpp): a restricted Python of one statement a line, where
 * only the head of a function runs over several. `files`: texts by their paths below `code/`. Nothing is executed.
 */
export function readScriptCode(files: ReadonlyMap<string, string>): ScriptCode {
  const found = new Map<string, OpenFunction>()
  for (const [path, text] of files) {
    const module = path.replace(/\.py$/, '').replaceAll('/', '.')
    let owner = module
    let open: OpenFunction | undefined
    for (const line of text.split('\n')) {
      const content = line.trim()
      if (content === '') continue
      const indent = line.length - line.trimStart().length
      if (open && open.body.length === 0 && !isComplete(open.head)) {
        open.head += ` ${content}`
        continue
      }
      if (content.startsWith('class ')) {
        owner = `${module}.${/^class (\w+)/.exec(content)?.[1] ?? ''}`
        open = undefined
      } else if (content.startsWith('def ')) {
        const name = /^def (\w+)/.exec(content)?.[1] ?? ''
        open = { head: content, indent, body: [] }
        found.set(indent === 0 ? `${module}.${name}` : `${owner}.${name}`, open)
      } else if (open && indent > open.indent) open.body.push(content)
      else open = undefined
    }
  }
  return new Map([...found].map(([name, { head, body }]) => [name, { parameters: parametersOf(head), body }]))
}

/** True for the head of a function that has come to its end. */
function isComplete(head: string): boolean {
  if (!head.endsWith(':')) return false
  // Either the parameters end right there, or what is returned stands between their end and the colon.
  const end = head.slice(-1000, -1)
  if (end.endsWith(')')) return true
  const arrow = end.lastIndexOf('->')
  return arrow > 0 && end.slice(0, arrow).trimEnd().endsWith(')') && !end.includes(':', arrow)
}

/** "self", "x" of "def forward(self: __torch__.Net, x: Tensor) -> Tensor:". */
function parametersOf(head: string): string[] {
  const inner = head.slice(head.indexOf('(') + 1)
  const names: string[] = []
  let depth = 0
  let start = 0
  for (let k = 0; k < inner.length; k++) {
    const char = inner[k]!
    if (char === '[' || char === '(') depth++
    else if ((char === ',' || char === ')') && depth === 0) {
      const name = /^\s*(\w+)/.exec(inner.slice(start, start + 200))?.[1]
      if (name !== undefined) names.push(name)
      start = k + 1
      if (char === ')') break
    } else if (char === ']' || char === ')') depth--
  }
  return names
}

/** Words, numbers, texts and signs of a statement; each sign by itself. */
export function tokensOf(text: string): string[] {
  return text.match(/[A-Za-z_]\w*|\d[\d.]*(?:[eE][+-]?\d+)?|\d\w*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S/g) ?? []
}
