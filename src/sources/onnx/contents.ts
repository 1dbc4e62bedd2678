import { elementsOf } from '../../weights/elements.ts'
import type { FileTensor } from '../source.ts'
import type { ExternalFiles } from './external.ts'
import { findPayload } from './payload.ts'
import { DATA_TYPES, type ModelRecord, type TensorRecord } from './records.ts'

/** Initialisers of a model's graph, and what its Constant nodes hold; those in bodies of loops and branches are not listed. */
export function onnxContents({ access, graph }: ModelRecord, external: ExternalFiles): FileTensor[] {
  const stored = (name: string, tensor: TensorRecord): FileTensor => ({
    name,
    shape: tensor.dims,
    type: DATA_TYPES[tensor.dataType] ?? `type ${tensor.dataType}`,
    async elements() {
      const payload = await findPayload(tensor, name, access, external)
      return typeof payload === 'string' ? payload : elementsOf({ ...payload, shape: tensor.dims })
    },
  })
  const sparse = [...(graph?.sparse ?? [])].map(
    ([name, shape]): FileTensor => ({ name, shape, type: 'sparse', elements: async () => 'stored as a sparse tensor' }),
  )
  const constants = (graph?.nodes ?? []).flatMap(({ operator, outputs, attributes }) => {
    const tensor = operator === 'Constant' ? attributes?.get('value')?.tensor : undefined
    return tensor ? [stored(outputs[0] ?? '', tensor)] : []
  })
  return [...[...(graph?.initializers ?? [])].map(([name, tensor]) => stored(name, tensor)), ...sparse, ...constants]
}
