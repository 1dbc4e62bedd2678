import { numberBytes } from '../../weights/numbers.ts'
import { rowMajorAccess } from '../../weights/row-major.ts'
import { type Computed, Expressions, type StoredTensor, type ValueNode } from '../onnx/evaluate/expressions.ts'
import type { Operator } from '../onnx/evaluate/operator.ts'
import { product } from '../onnx/evaluate/walk.ts'
import { ATEN_OPERATORS } from './operators.ts'
import type { ExportedProgram, ExportNode } from './program.ts'
import type { ExportTensor } from './tensors.ts'

/** A node as the evaluator sees it: its tensors, and for each the argument that it belongs to. */
interface ComputedNode extends ValueNode {
  readonly node: ExportNode
  readonly names: readonly string[]
}

/** Weights that an exported program computes from its parameters and buffers. `writer`: the node that makes a value; `bytes`: of the archive. */
export function computedWeights(
  file: string,
  { stored, modelInputs }: ExportedProgram,
  writer: ReadonlyMap<number, ExportNode>,
  tensors: ReadonlyMap<string, ExportTensor>,
  bytes: number,
): { find(id: number): Promise<Computed | string> } {
  return new Expressions<ComputedNode>(
    {
      async stored(id) {
        if (modelInputs.has(id)) return 'input'
        const exported = stored.get(id)
        if (exported) return storedTensor(exported.name, tensors.get(exported.name))
        const node = writer.get(id)
        if (!node) return 'input'
        return operatorOf(node) ? undefined : { reason: `computed in the graph by ${node.target.replace(/^torch\.ops\./, '')}` }
      },
      writer(id) {
        const node = writer.get(id)
        if (!node) return undefined
        const given = [...node.given.keys()].flatMap((name) => node.values(name).map((value) => ({ name, value })))
        return {
          operator: nameOf(node),
          node,
          names: given.map(({ name }) => name),
          inputs: given.map(({ value }) => value),
          outputs: node.outputs,
        }
      },
      operator: ({ node, names }) => operatorOf(node, names),
      attribute: () => undefined,
    },
    file,
    () => bytes,
  )
}

/** "mul" for torch.ops.aten.mul.Tensor. */
function nameOf({ target }: ExportNode): string {
  return /^(?:torch\.ops\.)?(?:aten|quantized_decomposed)\.(\w+)/.exec(target)?.[1] ?? target
}

function operatorOf(node: ExportNode, names: readonly string[] = []): Operator | undefined {
  const name = nameOf(node)
  const operator = Object.hasOwn(ATEN_OPERATORS, name) ? ATEN_OPERATORS[name] : undefined
  return (
    operator &&
    ((call) =>
      operator({
        operator: name,
        output: call.output,
        given: node.given,
        tensor: (argument) => call.inputs[names.indexOf(argument)],
        tensors: (argument) => names.flatMap((name, k) => (name === argument && call.inputs[k] ? [call.inputs[k]] : [])),
        onnx: call,
      }))
  )
}

async function storedTensor(name: string, tensor: ExportTensor | undefined): Promise<StoredTensor | { readonly reason: string }> {
  if (!tensor) return { reason: `computed from ${name}, which is not in the archive` }
  const plan = await tensor.numbers()
  if ('unsupported' in plan) return { reason: `computed from numbers stored as ${plan.unsupported}` }
  const { shape } = tensor
  if (plan.dequantise) return { reason: `computed from ${name}, which is stored in integers with scales` }
  const bytes = numberBytes[plan.dtype]
  const { access, offset, dtype } = plan
  const payload = { dtype, type: tensor.type === 'bool' ? 'bool' : dtype }
  const strides = tensor.strides ?? plan.strides
  if (strides) {
    const rows = rowMajorAccess({ access, offset, bytes, shape, strides })
    return { name, dims: shape, payload: { ...payload, access: rows, offset: 0 } }
  }
  if (offset + product(shape) * bytes > access.byteLength) return { reason: `computed from ${name}, which is cut short` }
  return { name, dims: shape, payload: { ...payload, access, offset } }
}
