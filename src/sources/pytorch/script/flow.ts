import { PyObject, type PyValue } from '../../pickle/values.ts'
import { TorchTensor } from '../values.ts'
import { type ScriptCode, type ScriptFunction, tokensOf } from './code.ts'

/** What an operator of the code makes of fixed values. */
export interface ScriptMade {
  /** "mul" of torch.mul */
  readonly operator: string
  readonly args: readonly ScriptArgument[]
  /** Whether the function that it stands in has branches or loops, so that it may not be what runs. */
  readonly isBranched: boolean
}

/** An argument; `name` where the code says it. */
export interface ScriptArgument {
  readonly name: string | undefined
  readonly value: ScriptValue
}

/** A weight where a convolution of the code takes it: stored, made of stored tensors, or unknown. */
export interface ScriptUse {
  readonly weight: TorchTensor | { readonly made: ScriptMade; readonly output: number } | undefined
  /** Longest path from the model's inputs, in calls. */
  readonly depth: number
  readonly isTransposed: boolean
}

/** What an expression is: how far behind the inputs, and the object or tensor that it stands for. */
export interface ScriptValue {
  /** Grows when the code appends to a list, or writes into a tensor. */
  depth: number
  readonly object?: PyValue
  /** Of a tuple or list that the code makes. */
  readonly items?: readonly ScriptValue[]
  /** What an operator makes of fixed values, and which of its results this is. */
  readonly made?: ScriptMade
  readonly output?: number
  /** A name with dots that is no value: "torch.conv2d". */
  readonly path?: string
  /** A function of an object. */
  readonly bound?: { readonly object: PyObject; readonly name: string }
}

const CONVOLUTION =
  /^(torch|ops\.aten|ops\.mkldnn\w*|ops\.prepacked)\.(_?convolution\w*|conv[123]d|conv_transpose[123]d|cudnn_convolution\w*)$/
/** Operators that change their first argument. */
const WRITES = /\.(append|extend|insert|_set_item|[a-z]\w*_)$/
/** Functions that give their first argument again. */
const PASSES_ON = /^(int|float|ops\.prim\.NumToTensor|torch\.(Int|Float|detach|contiguous|clone|alias))$/
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

/** Whether a value is the same whatever the model is fed: a stored tensor, a number, or what is made of such. */
function isFixed(value: ScriptValue): boolean {
  return (
    value.made !== undefined ||
    (value.object !== undefined && !(value.object instanceof PyObject)) ||
    (value.items?.every(isFixed) ?? false)
  )
}

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

  call({ parameters, body }: ScriptFunction, given: readonly ScriptValue[], deep: number): ScriptValue {
    if (deep > DEEPEST_CALL) throw new NotFollowed()
    const names = new Map<string, ScriptValue>()
    for (const [k, name] of parameters.entries()) names.set(name, given[k] ?? { depth: 0 })
    let result: ScriptValue | undefined
    const isBranched = body.some((text) => /^(if|elif|while|for)\b/.test(text))
    for (const text of body) {
      const returned = this.#statement(text, names, deep, isBranched)
      if (returned) result = result ? { ...returned, depth: Math.max(result.depth, returned.depth) } : returned
    }
    return result ?? { depth: Math.max(0, ...given.map(({ depth }) => depth)) }
  }

  /** @returns what a return statement gives */
  #statement(text: string, names: Map<string, ScriptValue>, deep: number, isBranched: boolean): ScriptValue | undefined {
    let tokens = this.#tokens.get(text)
    if (!tokens) this.#tokens.set(text, (tokens = tokensOf(text)))
    const at = new Expression(
      tokens,
      (value, args) => this.#applied(value, args, deep, isBranched),
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
      const own = assigned.names.length === 1 ? value : (value.items?.[k] ?? resultOf(value, k))
      const before = names.get(name)
      // A name that both branches of an if give a value, or a loop every time, is as far as the farther one.
      names.set(name, before && before.depth > own.depth && !isFixed(own) ? { ...own, depth: before.depth } : own)
    }
    return undefined
  }

  #step(): void {
    if (++this.#steps > MOST_STEPS) throw new NotFollowed()
  }

  #applied(value: ScriptValue, given: readonly ScriptArgument[], deep: number, isBranched: boolean): ScriptValue {
    const args = given.map((argument) => argument.value)
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
      const transposed = path.includes('transpose') || args[6]?.object === true
      this.uses.push({ weight: weightOf(args[1]), depth, isTransposed: transposed })
    }
    const [first] = args
    if (first && PASSES_ON.test(path)) return { ...first, depth: depth + 1 }
    if (first?.object instanceof TorchTensor && path === 'torch.size') {
      const size = first.object.shape.at(Number(args[1]?.object ?? Number.NaN))
      return { depth, ...(size !== undefined && { object: size }) }
    }
    const operator = /^(?:torch|ops\.aten)\.(\w+)$/.exec(path)?.[1]
    if (operator !== undefined && !WRITES.test(path) && args.length > 0 && args.every(isFixed))
      return { depth: depth + 1, made: { operator, args: given, isBranched }, output: 0 }
    if (first && WRITES.test(path)) first.depth = Math.max(first.depth, path.endsWith('_') ? depth + 1 : depth)
    return { depth: depth + 1 }
  }
}

/** One of several results of an operator. */
function resultOf({ depth, made }: ScriptValue, output: number): ScriptValue {
  return made ? { depth, made, output } : { depth }
}

function weightOf(value: ScriptValue | undefined): ScriptUse['weight'] {
  if (value?.object instanceof TorchTensor) return value.object
  return value?.made && { made: value.made, output: value.output ?? 0 }
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
  readonly #apply: (value: ScriptValue, args: readonly ScriptArgument[]) => ScriptValue
  readonly #names: ReadonlyMap<string, ScriptValue>
  readonly #constants: readonly PyValue[]
  readonly #step: () => void
  #at = 0
  #open = 0

  constructor(
    tokens: readonly string[],
    apply: (value: ScriptValue, args: readonly ScriptArgument[]) => ScriptValue,
    names: ReadonlyMap<string, ScriptValue>,
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
  value(): ScriptValue {
    const items = this.#list()
    return items.length === 1 ? items[0]! : { depth: Math.max(0, ...items.map(({ depth }) => depth)), items }
  }

  #list(): ScriptValue[] {
    if (++this.#open > DEEPEST_CALL) throw new NotFollowed()
    const items: ScriptValue[] = []
    while (this.#at < this.#tokens.length && !')]}'.includes(this.#tokens[this.#at]!)) {
      items.push(this.#item())
      const next = this.#tokens[this.#at]
      if (next === ',' || next === ':') this.#at++
    }
    this.#open--
    return items
  }

  /** Terms with operators between them: as far as the farthest. */
  #item(): ScriptValue {
    let whole: ScriptValue | undefined
    const isNegative = this.#tokens[this.#at] === '-'
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
    if (isNegative && typeof whole?.object === 'number') return { depth: whole.depth, object: -whole.object }
    return whole ?? { depth: 0 }
  }

  #term(): ScriptValue {
    this.#step()
    const token = this.#tokens[this.#at++]!
    let value: ScriptValue
    if (token === '(') value = this.#bracketed()
    else if (token === '[' || token === '{') {
      const items = this.#list()
      this.#at++
      value = { depth: Math.max(0, ...items.map(({ depth }) => depth)), ...(token === '[' && { items }) }
    } else if (token === 'True' || token === 'False') value = { depth: 0, object: token === 'True' }
    else if (token === 'None') value = { depth: 0, object: null }
    else if (/^\d/.test(token)) value = { depth: 0, object: Number(token) }
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
        value = value.path === 'getattr' ? this.#attribute(args.map((one) => one.value)) : this.#apply(value, args)
      } else if (next === '[') {
        this.#at++
        const index = this.#bracketed()
        value = { depth: Math.max(value.depth, index.depth) }
      } else return value
    }
  }

  #bracketed(): ScriptValue {
    const value = this.value()
    this.#at++
    return value
  }

  /** "name=value" is an argument with a name. */
  #arguments(): ScriptArgument[] {
    if (++this.#open > DEEPEST_CALL) throw new NotFollowed()
    const items: ScriptArgument[] = []
    while (this.#at < this.#tokens.length && !')]}'.includes(this.#tokens[this.#at]!)) {
      const [name, equals, after] = this.#tokens.slice(this.#at, this.#at + 3)
      const isNamed = equals === '=' && after !== '=' && /^[A-Za-z_]/.test(name!)
      if (isNamed) this.#at += 2
      items.push({ name: isNamed ? name : undefined, value: this.#item() })
      const next = this.#tokens[this.#at]
      if (next === ',' || next === ':') this.#at++
    }
    this.#open--
    this.#at++
    return items
  }

  #attribute([of, name]: readonly ScriptValue[]): ScriptValue {
    return of && typeof name?.object === 'string' ? this.#member(of, name.object) : { depth: of?.depth ?? 0 }
  }

  #member(value: ScriptValue, name: string): ScriptValue {
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
