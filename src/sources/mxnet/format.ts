import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { stateDictConvolutions } from '../tensor-rules.ts'
import { looksLikeList, readArrayList } from './arrays.ts'

/** MXNet and Gluon: a .params file of arrays by name; a convolution is (out, in, rows, columns). */
export const mxnet: SourceFormat = {
  name: 'MXNet',
  match: (head) => looksLikeList(head),
  async open({ access, path }): Promise<Source> {
    const tensors = await readArrayList(access)
    const { convolutions, skipped, warnings, depth_source } = stateDictConvolutions(tensors)
    return {
      format: mxnet.name,
      models: [
        {
          name: modelName(path),
          format: mxnet.name,
          producer: null,
          opset: null,
          depth_source,
          convolutions,
          skipped,
          tensors: tensors.length,
          meta: {},
          parts: [],
        },
      ],
      warnings: warnings.map((warning) => `${access.name}: ${warning}`),
      close: async () => access.close?.(),
    }
  },
}
