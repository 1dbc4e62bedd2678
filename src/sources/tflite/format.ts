import { plural } from '../../words.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { liteCensus } from './census.ts'
import { liteContents } from './contents.ts'
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
          contents: async () => liteContents(access, model),
          meta: {},
          parts: [],
        },
      ],
      warnings: model.further.length === 0 ? [] : [furtherModels(access.name, model.further)],
      close: async () => access.close?.(),
    }
  },
}

/** Packed assets hold several models one behind another; nothing says where one ends, so the first alone is read. */
function furtherModels(name: string, starts: readonly number[]): string {
  const places = starts.slice(0, 3).join(', ') + (starts.length > 3 ? ', …' : '')
  return `${name}: ${plural(starts.length, 'further TensorFlow Lite model')} in the same file (from byte ${places}) left out: the first alone is read; cut the file there to read the others`
}
