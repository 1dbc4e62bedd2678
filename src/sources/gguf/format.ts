import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { type GgufHeader, type GgufTensor, readGguf } from './header.ts'
import { PLAIN_TYPES, typeName, WHOLE_TYPES } from './types.ts'

/** GGUF: names, shapes and tensors as ggml has them; a convolution is (out, in, rows, columns). */
export const gguf: SourceFormat = {
  name: 'GGUF',
  match: (head) => head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46,
  async open({ access, path }): Promise<Source> {
    const header = await readGguf(access)
    const names = new Set<string>()
    for (const { name } of header.tensors) {
      if (names.has(name)) throw new InputError(access.name, `names the tensor ${name} twice; such a file is refused`)
      names.add(name)
    }
    const architecture = header.values.get('general.architecture')
    const { models, warnings } = await stateDictModels(
      header.tensors.map((one) => namedTensor(access, one)),
      {
        name: modelName(path),
        format: gguf.name,
        producer: typeof architecture === 'string' && architecture !== '' ? architecture : null,
        opset: null,
        meta: {},
        parts: [],
      },
    )
    return {
      format: gguf.name,
      models,
      warnings: [...splitOf(header), ...warnings].map((warning) => `${access.name}: ${warning}`),
      close: async () => access.close?.(),
    }
  },
}

function namedTensor(access: RandomAccess, { name, shape, type, offset }: GgufTensor): NamedTensor {
  const plain = PLAIN_TYPES[type]
  const dtype = WHOLE_TYPES[type]
  if (!plain)
    return { name, shape, weights: { unsupported: typeName(type), ...(dtype && { numbers: { access, offset, dtype } }) } }
  const end = offset + shape.reduce((product, size) => product * size, plain.bytes)
  if (!(end <= access.byteLength))
    throw new InputError(
      access.name,
      `is cut short: tensor ${name} of shape ${shape.join('×')} ends at byte ${end} of ${access.byteLength}; get it again`,
    )
  return { name, shape, weights: { access, offset, dtype: plain.dtype } }
}

/** One of several files that a model was cut into. */
function splitOf({ values }: GgufHeader): string[] {
  const [part, parts] = [values.get('split.no'), values.get('split.count')]
  if (typeof part !== 'number' || typeof parts !== 'number' || parts < 2) return []
  return [
    `it is part ${part + 1} of ${parts} of a model, and only its tensors are read; llama-gguf-split --merge puts them together`,
  ]
}
