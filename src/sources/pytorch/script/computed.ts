import { type NumberType, numberBytes } from '../../../weights/numbers.ts'
import { rowMajorAccess } from '../../../weights/row-major.ts'
import { type Computed, Expressions, type StoredTensor, type ValueNode } from '../../onnx/evaluate/expressions.ts'
import { ATEN_OPERATORS } from '../../torch-export/operators.ts'
import type { Checkpoint } from '../container.ts'
import { TorchTensor } from '../values.ts'
import type { ScriptArgument, ScriptMade, ScriptUse, ScriptValue } from './flow.ts'
import { EXPORTED_TYPES, signatureOf } from './signatures.ts'

/** Element types that are computed with, as they are stored. */
const TYPES: Readonly<Record<string, NumberType>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float16',
  bfloat16: 'bfloat16',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  bool: 'uint8',
}

interface ScriptNode extends ValueNode {
  /** The argument that each input belongs to. */
  readonly names: readonly string[]
  /** Arguments that are no tensors, as torch.export writes them. */
  readonly given: ReadonlyMap<string, unknown>
}

/** Weights that a module's code computes from its tensors. */
export class ScriptWeights {
  readonly #ids = new Map<unknown, number>()
  readonly #tensors = new Map<number, TorchTensor>()
  readonly #nodes = new Map<number, ScriptNode>()
  readonly #expressions: Expressions<ScriptNode>
  #count = 0

  /** `nameOf`: what the module calls a tensor. */
  constructor(checkpoint: Checkpoint, file: string, bytes: number, nameOf: (tensor: TorchTensor) => string) {
    this.#expressions = new Expressions<ScriptNode>(
      {
        stored: async (id) => {
          const tensor = this.#tensors.get(id)
          if (tensor) return storedTensor(checkpoint, nameOf(tensor), tensor)
          const node = this.#nodes.get(id)
          if (!node) return 'input'
          return Object.hasOwn(ATEN_OPERATORS, node.operator) ? undefined : { reason: `computed in the code by ${node.operator}` }
        },
        writer: (id) => this.#nodes.get(id),
        operator: ({ operator, names, given }) =>
          Object.hasOwn(ATEN_OPERATORS, operator)
            ? (call) =>
                ATEN_OPERATORS[operator]!({
                  operator,
                  output: call.output,
                  given,
                  tensor: (argument) => call.inputs[names.indexOf(argument)],
                  tensors: (argument) =>
                    names.flatMap((name, k) => (name === argument && call.inputs[k] ? [call.inputs[k]] : [])),
                  onnx: call,
                })
            : undefined,
        attribute: () => undefined,
      },
      file,
      () => bytes,
    )
  }

  /** @returns why it cannot be computed, as a phrase */
  async find(weight: ScriptUse['weight'] & { readonly made: ScriptMade }): Promise<Computed | string> {
    if ([...madeBehind(weight.made)].some(({ isBranched }) => isBranched))
      return 'computed in code with branches, of which it is not known which one runs'
    const id = this.#idOf({ depth: 0, ...weight })
    return id === undefined ? 'computed in the code from what is not stored' : this.#expressions.find(id)
  }

  #idOf(root: ScriptValue): number | undefined {
    // Values that are made of others come behind them: without recursion, for code is long.
    const pending = [root]
    for (let value = pending.at(-1); value; value = pending.at(-1)) {
      const made = value.made
      if (!made || this.#ids.has(made)) {
        pending.pop()
        continue
      }
      const missing = made.args.flatMap(valuesOf).filter((one) => one.made && !this.#ids.has(one.made))
      if (missing.length > 0) for (const one of missing) pending.push(one)
      else this.#place(made)
    }
    return this.#known(root)
  }

  /** The number of a value that is a tensor. */
  #known({ object, made, output = 0 }: ScriptValue): number | undefined {
    if (made) return this.#nodes.get(this.#ids.get(made)!)!.outputs[output]
    if (!(object instanceof TorchTensor)) return undefined
    let id = this.#ids.get(object)
    if (id === undefined) {
      id = this.#count++
      this.#ids.set(object, id)
      this.#tensors.set(id, object)
    }
    return id
  }

  #place(made: ScriptMade): void {
    const signature = signatureOf(made.operator, typeof made.args[1]?.value.object === 'boolean')
    const names: string[] = []
    const inputs: number[] = []
    const given = new Map<string, unknown>()
    for (const [k, argument] of made.args.entries()) {
      const { name = signature[k] ?? `${k}`, value } = argument
      const ids = valuesOf(argument)
        .map((one) => this.#known(one))
        .filter((id) => id !== undefined)
      for (const id of ids) {
        names.push(name)
        inputs.push(id)
      }
      const written = ids.length > 0 ? undefined : asExported(name, value)
      if (written) given.set(name, written)
    }
    const outputs = [this.#count++, this.#count++]
    const node = { operator: made.operator, inputs, outputs, names, given }
    this.#ids.set(made, outputs[0]!)
    for (const id of outputs) this.#nodes.set(id, node)
  }
}

/** Everything that a value is made of, itself first. */
function madeBehind(root: ScriptMade): Set<ScriptMade> {
  const seen = new Set([root])
  // What is added while it is walked is walked too.
  for (const { args } of seen) for (const one of args.flatMap(valuesOf)) if (one.made) seen.add(one.made)
  return seen
}

/** An argument's value, or the values of a list. */
function valuesOf({ value }: ScriptArgument): ScriptValue[] {
  return [value, ...(value.items ?? [])]
}

/** Stored tensors that a value is made of. */
export function tensorsBehind(root: ScriptMade): Set<TorchTensor> {
  const values = [...madeBehind(root)].flatMap(({ args }) => args.flatMap(valuesOf))
  return new Set(values.flatMap(({ object }) => (object instanceof TorchTensor ? [object] : [])))
}

/** An argument that is no tensor as torch.export would write it; undefined for one that is left out or unknown. */
function asExported(name: string, { object, items }: ScriptValue): unknown {
  if (name === 'dtype' && typeof object === 'number') return { as_scalar_type: EXPORTED_TYPES[object] ?? 0 }
  if (typeof object === 'number') return Number.isInteger(object) ? { as_int: object } : { as_float: object }
  if (typeof object === 'boolean') return { as_bool: object }
  if (typeof object === 'string') return { as_string: object }
  const numbers = items?.map((item) => item.object)
  return numbers?.every((item) => typeof item === 'number') ? { as_ints: numbers } : undefined
}

async function storedTensor(
  checkpoint: Checkpoint,
  name: string,
  { type, shape, strides, offset, storage, quantiser }: TorchTensor,
): Promise<StoredTensor | { readonly reason: string }> {
  const dtype = Object.hasOwn(TYPES, type.name) && !quantiser ? TYPES[type.name] : undefined
  if (!dtype) return { reason: `computed from numbers stored as ${type.name}` }
  const access = await checkpoint.storage(storage)
  const bytes = numberBytes[dtype]
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis]!, offset)
  if (shape.includes(0) || (last + 1) * bytes > access.byteLength) return { reason: `computed from ${name}, which is not whole` }
  const rows = rowMajorAccess({ access, offset: offset * bytes, bytes, shape, strides })
  return { name, dims: shape, payload: { access: rows, offset: 0, dtype, type: type.name } }
}
