import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import { looksLikeList, readArrayList } from './arrays.ts'

/** MXNet and Gluon: a .params file of arrays by name; a convolution is (out, in, rows, columns). */
export const mxnet: SourceFormat = {
  name: 'MXNet',
  match: (head) => looksLikeList(head),
  async open({ access, path }): Promise<Source> {
    const tensors = await readArrayList(access)
    const about = { name: modelName(path), format: mxnet.name, producer: null, opset: null, meta: {}, parts: [] }
    const { models, warnings } = await stateDictModels(tensors, about)
    return {
      format: mxnet.name,
      models,
      warnings: warnings.map((warning) => `${access.name}: ${warning}`),
      close: async () => access.close?.(),
    }
  },
}
