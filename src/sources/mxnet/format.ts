import { placedByDepth } from '../depth.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import { BY_NAMES, type NamedTensor } from '../tensor-rules.ts'
import { looksLikeList, readArrayList } from './arrays.ts'
import { openSymbol, readSymbol, type SymbolLayer } from './symbol.ts'

/** MXNet and Gluon: a .params file of arrays by name; a convolution is (out, in, rows, columns). */
export const mxnet: SourceFormat = {
  name: 'MXNet',
  match: (head) => looksLikeList(head),
  async open(input): Promise<Source> {
    const { access, path } = input
    const arrays = await readArrayList(access)
    const symbol = await openSymbol(input)
    try {
      const layers = symbol && (await readSymbol(symbol, namesOf(arrays)))
      const tensors = arrays.map((array) => withRole(array, layers?.get(array.name)))
      const parts = symbol ? [symbol] : []
      const about = { name: modelName(path), format: mxnet.name, producer: null, opset: null, meta: {}, parts }
      const { models, warnings } = await stateDictModels(tensors, about)
      const [model, ...others] = models
      const placed = others.length === 0 && layers && placedByDepth(model!.convolutions, ({ layer }) => layers.get(layer)?.depth)
      return {
        format: mxnet.name,
        models: placed ? [{ ...model!, convolutions: placed, depth_source: 'graph' }] : models,
        warnings: (placed ? warnings.filter((text) => text !== BY_NAMES) : warnings).map(
          (warning) => `${access.name}: ${warning}`,
        ),
        async close() {
          await symbol?.close?.()
          await access.close?.()
        },
      }
    } catch (error) {
      await symbol?.close?.()
      throw error
    }
  },
}

function namesOf(arrays: readonly NamedTensor[]): (name: string) => boolean {
  const names = new Set(arrays.map(({ name }) => name))
  return (name) => names.has(name)
}

/** An array that a convolution of the network takes. */
function withRole(array: NamedTensor, layer: SymbolLayer | undefined): NamedTensor {
  return layer && array.shape.length === 4 ? { ...array, module: layer.role } : array
}
