import { PyObject, type PyValue } from '../../pickle/values.ts'
import { TorchTensor } from '../values.ts'
import { type ScriptCode, type ScriptFunction, tokensOf } from './code.ts'

/** A weight where a convolution of the code takes it. */
export interface ScriptUse {
  readonly weight: TorchTensor
  /** Longest path from the model's inputs, in calls. */
  readonly depth: number
  readonly isTransposed: boolean
}

/** What an expression is: how far behind the inputs, and the object or tensor that it stands for. */
interface Value {
  /** Grows when the code appends to a list, or writes into a tensor. */
  depth: number
  readonly object?: PyValue
  /** Of a tuple that the code makes. */
  readonly items?: readonly Value[]
  /** A name with dots that is no value: "torch.conv2d". */
  readonly path?: string
  /** A function of an object. */
  readonly bound?: { readonly object: PyObject; readonly name: string }
}

const CONVOLUTION =
  /^(torch|ops\.aten|ops\.mkldnn\w*|ops\.prepacked)\.(_?convolution\w*|conv[123]d|conv_transpose[123]d|cudnn_convolution\w*)$/
/** Operators that change their first argument. */
const WRITES = /\.(append|extend|insert|_set_item|[a-z]\w*_)$/
const MOST_STEPS = 2_000_000
const DEEPEST_CALL = 100
const OPERATORS = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '>',
  '=',
  '!',
  '&',
  '|',
  '^',
  '~',
  'and',
  'or',
  'not',
  'in',
  'is',
  'if',
  'else',
  '@',
])

/** Raised where the code goes on beyond what is followed. */
class NotFollowed extends Error {}

/**
 * Follows `forward` of a TorchScript module through its code, statement by statement, without computing anything: both branches of an if,
 * the body of a loop once.
 * @returns the weights that convolutions take, in the order in which they are met; undefined when the code cannot be followed
 */
export function scriptUses(root: PyValue, code: ScriptCode, constants: readonly PyValue[]): ScriptUse[] | undefined {
  if (!(root instanceof PyObject)) return undefined
  const forward = code.get(`${root.typeName}.forward`)
  if (!forward) return undefined
  const follower = new Follower(code, constants)
  try {
    follower.call(forward, [{ depth: 0, object: root }, ...forward.parameters.slice(1).map(() => ({ depth: 0 }))], 0)
    return follower.uses
  } catch (error) {
    if (error instanceof NotFollowed) return undefined
    throw error
  }
}

class Follower {
  readonly uses: ScriptUse[] = []
  readonly #code: ScriptCode
  readonly #constants: readonly PyValue[]
  readonly #tokens = new Map<string, readonly string[]>()
  #steps = 0

  constructor(code: ScriptCode, constants: readonly PyValue[]) {
    this.#code = code
    this.#constants = constants
  }

  call({ parameters, body }: ScriptFunction, given: readonly Value[], deep: number): Value {
    if (deep > DEEPEST_CALL) throw new NotFollowed()
    const names = new Map<string, Value>()
    for (const [k, name] of parameters.entries()) names.set(name, given[k] ?? { depth: 0 })
    let result: Value | undefined
    for (const text of body) {
      const returned = this.#statement(text, names, deep)
      if (returned) result = result ? { ...returned, depth: Math.max(result.depth, returned.depth) } : returned
    }
    return result ?? { depth: Math.max(0, ...given.map(({ depth }) => depth)) }
  }

  /** @returns what a return statement gives */
  #statement(text: string, names: Map<string, Value>, deep: number): Value | undefined {
    let tokens = this.#tokens.get(text)
    if (!tokens) this.#tokens.set(text, (tokens = tokensOf(text)))
    const at = new Expression(
      tokens,
      (value, args) => this.#applied(value, args, deep),
      names,
      this.#constants,
      () => this.#step(),
    )
    const [first] = tokens
    if (first === 'return') return at.skip(1).value()
    if (first === 'if' || first === 'elif' || first === 'while' || first === 'assert' || first === 'with') {
      at.skip(1).value()
      return undefined
    }
    if (first === 'else' || first === 'pass' || first === 'raise' || first === 'break' || first === 'continue') return undefined
    if (first === 'for') {
      const variable = tokens[1] ?? ''
      names.set(variable, at.skip(tokens.indexOf('in') + 1).value())
      return undefined
    }
    const assigned = targetsOf(tokens)
    if (!assigned) {
      at.value()
      return undefined
    }
    const value = at.skip(assigned.length).value()
    for (const [k, name] of assigned.names.entries()) {
      const own = assigned.names.length === 1 ? value : (value.items?.[k] ?? { depth: value.depth })
      const before = names.get(name)
      // A name that both branches of an if give a value, or a loop every time, is as far as the farther one.
      names.set(name, before && before.depth > own.depth && own.object === undefined ? { ...own, depth: before.depth } : own)
    }
    return undefined
  }

  #step(): void {
    if (++this.#steps > MOST_STEPS) throw new NotFollowed()
  }

  #applied(value: Value, args: readonly Value[], deep: number): Value {
    const depth = Math.max(0, ...args.map((arg) => arg.depth))
    if (value.bound) {
      const { object, name } = value.bound
      const method = this.#code.get(`${object.typeName}.${name}`)
      if (!method) return { depth: Math.max(depth, value.depth) + 1 }
      return this.call(method, [{ depth: 0, object }, ...args], deep + 1)
    }
    const path = value.path ?? ''
    if (/(^|\.)(annotate|unchecked_cast|uninitialized|unwrap_optional|_unwrap_optional)$/.test(path))
      return args.at(-1) ?? { depth }
    const known = this.#code.get(path)
    if (known) return this.call(known, args, deep + 1)
    if (CONVOLUTION.test(path)) {
      const weight = args[1]?.object
      if (weight instanceof TorchTensor) {
        const transposed = path.includes('transpose') || args[6]?.object === true
        this.uses.push({ weight, depth, isTransposed: transposed })
      }
    }
    const [first] = args
    if (first && WRITES.test(path)) first.depth = Math.max(first.depth, path.endsWith('_') ? depth + 1 : depth)
    return { depth: depth + 1 }
  }
}

/** What stands before the "=" of an assignment: names, and how many tokens they and it take. */
function targetsOf(tokens: readonly string[]): { readonly names: readonly string[]; readonly length: number } | undefined {
  const names: string[] = []
  let k = 0
  for (; k < tokens.length; k++) {
    const token = tokens[k]!
    if (token === '=') return tokens[k + 1] === '=' || names.length === 0 ? undefined : { names, length: k + 1 }
    if (token === ',') continue
    if (token === ':') {
      // "x : Tensor = …": the type is passed over.
      const equals = tokens.indexOf('=', k)
      return equals < 0 || names.length !== 1 ? undefined : { names, length: equals + 1 }
    }
    if (!/^[A-Za-z_]/.test(token)) return undefined
    names.push(token)
  }
  return undefined
}

/** An expression that is evaluated from left to right. */
class Expression {
  readonly #tokens: readonly string[]
  readonly #apply: (value: Value, args: readonly Value[]) => Value
  readonly #names: ReadonlyMap<string, Value>
  readonly #constants: readonly PyValue[]
  readonly #step: () => void
  #at = 0
  #open = 0

  constructor(
    tokens: readonly string[],
    apply: (value: Value, args: readonly Value[]) => Value,
    names: ReadonlyMap<string, Value>,
    constants: readonly PyValue[],
    step: () => void,
  ) {
    this.#tokens = tokens
    this.#apply = apply
    this.#names = names
    this.#constants = constants
    this.#step = step
  }

  skip(count: number): this {
    this.#at = count
    return this
  }

  /** Up to a comma, a bracket that was opened before, or the end; several of them that commas part are a tuple. */
  value(): Value {
    const items = this.#list()
    return items.length === 1 ? items[0]! : { depth: Math.max(0, ...items.map(({ depth }) => depth)), items }
  }

  #list(): Value[] {
    if (++this.#open > DEEPEST_CALL) throw new NotFollowed()
    const items: Value[] = []
    while (this.#at < this.#tokens.length && !')]}'.includes(this.#tokens[this.#at]!)) {
      items.push(this.#item())
      const next = this.#tokens[this.#at]
      if (next === ',' || next === ':') this.#at++
    }
    this.#open--
    return items
  }

  /** Terms with operators between them: as far as the farthest. */
  #item(): Value {
    let whole: Value | undefined
    for (; this.#at < this.#tokens.length; ) {
      const token = this.#tokens[this.#at]!
      if (token === ',' || token === ':' || ')]}'.includes(token)) break
      if (OPERATORS.has(token)) {
        this.#at++
        continue
      }
      const term = this.#term()
      whole = whole ? { depth: Math.max(whole.depth, term.depth) } : term
    }
    return whole ?? { depth: 0 }
  }

  #term(): Value {
    this.#step()
    const token = this.#tokens[this.#at++]!
    let value: Value
    if (token === '(') value = this.#bracketed()
    else if (token === '[' || token === '{') {
      const { depth } = this.#bracketed()
      value = { depth }
    } else if (token === 'True') value = { depth: 0, object: true }
    else if (/^[A-Za-z_]/.test(token)) value = this.#names.get(token) ?? { depth: 0, path: token }
    else value = { depth: 0, ...(/^["']/.test(token) && { object: token.slice(1, -1) }) }
    for (;;) {
      const next = this.#tokens[this.#at]
      if (next === '.') {
        value = this.#member(value, this.#tokens[this.#at + 1] ?? '')
        this.#at += 2
      } else if (next === '(') {
        this.#at++
        const args = this.#arguments()
        value = value.path === 'getattr' ? this.#attribute(args) : this.#apply(value, args)
      } else if (next === '[') {
        this.#at++
        const index = this.#bracketed()
        value = { depth: Math.max(value.depth, index.depth) }
      } else return value
    }
  }

  #bracketed(): Value {
    const value = this.value()
    this.#at++
    return value
  }

  /** "name=value" is taken for its value. */
  #arguments(): Value[] {
    const items = this.#list()
    this.#at++
    return items
  }

  #attribute([of, name]: readonly Value[]): Value {
    return of && typeof name?.object === 'string' ? this.#member(of, name.object) : { depth: of?.depth ?? 0 }
  }

  #member(value: Value, name: string): Value {
    if (value.path === 'CONSTANTS') {
      const object = this.#constants[Number(/^c(\d{1,9})$/.exec(name)?.[1] ?? -1)]
      return { depth: 0, ...(object !== undefined && { object }) }
    }
    if (value.path !== undefined) return { depth: 0, path: `${value.path}.${name}` }
    if (!(value.object instanceof PyObject)) return { depth: value.depth }
    const found = value.object.attributes?.get(name)
    if (found === undefined) return { depth: value.depth, bound: { object: value.object, name } }
    return { depth: value.depth, object: found }
  }
}
