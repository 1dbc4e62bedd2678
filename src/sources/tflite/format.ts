import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { liteCensus } from './census.ts'
import { looksLikeLite, namingFile, readLite } from './schema.ts'

/** TensorFlow Lite: float and quantised Conv2D and DepthwiseConv2D weights. */
export const tflite: SourceFormat = {
  name: 'TensorFlow Lite',
  match: (head) => looksLikeLite(head),
  async open({ access, path }): Promise<Source> {
    const model = await readLite(access)
    const { convolutions, skipped, tensors } = namingFile(access, () => liteCensus(access, model))
    return {
      format: tflite.name,
      models: [
        {
          name: modelName(path),
          format: tflite.name,
          producer: model.description || null,
          opset: null,
          depth_source: 'graph',
          convolutions,
          skipped,
          tensors,
          meta: {},
          parts: [],
        },
      ],
      warnings: [],
      close: async () => access.close?.(),
    }
  },
}
