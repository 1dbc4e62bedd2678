import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { modelName } from '../model-name.ts'
import { WireCursor } from '../protobuf/wire.ts'
import type { Source, SourceFormat, SourceModel } from '../source.ts'
import { MilConstants } from './blobs.ts'
import { censusOf, type FoundConvolution } from './census.ts'
import { networkLayers } from './layers.ts'
import { looksLikeCoreMl } from './match.ts'
import { readCoreMl } from './model.ts'
import { programLayers } from './operations.ts'
import type { BlockRecord, CoreMlModel } from './records.ts'

/** Core ML: an .mlmodel, alone or in an .mlpackage with its weights beside it. */
export const coreml: SourceFormat = {
  name: 'Core ML',
  match: (head, { access }) => looksLikeCoreMl(head, access),
  async open({ access, path, folder }): Promise<Source> {
    const record = await readCoreMl(new WireCursor(access), access.byteLength)
    const constants = new MilConstants(access, folder)
    try {
      const models = await modelsOf(access, packageName(path), record, constants)
      if (models.length === 0)
        throw new InputError(
          access.name,
          `is a Core ML model without a network in it (it holds ${OTHERS[record.kind] ?? `the kind ${record.kind} of Core ML's list`}); nothing in it convolves`,
        )
      return {
        format: coreml.name,
        models,
        warnings: [],
        async close() {
          await constants.close()
          await access.close?.()
        },
      }
    } catch (error) {
      await constants.close()
      throw error
    }
  },
}

/** Kinds of Model.proto that people meet most. */
const OTHERS: Readonly<Record<number, string>> = {
  300: 'a linear model',
  302: 'an ensemble of trees',
  400: 'a linear model',
  401: 'a support vector machine',
  402: 'an ensemble of trees',
  404: 'neighbours',
  555: 'a model of the application',
  556: 'the name of another model',
  610: 'a suppression of boxes',
  2000: "Apple's text classifier",
  2002: "Apple's vision features",
}

/** An .mlpackage is called as its folder. */
function packageName(path: string): string {
  const folder = path.split('/').findLast((part) => /.\.mlpackage$/i.test(part))
  return folder === undefined ? modelName(path) : modelName(folder)
}

/** Every network and function in a model, those of pipelines among them. */
async function modelsOf(
  access: RandomAccess,
  name: string,
  record: CoreMlModel,
  constants: MilConstants,
): Promise<SourceModel[]> {
  const { layers, functions, pipeline, version } = record
  const model = (own: string, found: readonly FoundConvolution[], tensors: number): SourceModel => ({
    name: own,
    format: coreml.name,
    producer: `Core ML specification ${version}`,
    opset: null,
    depth_source: 'graph',
    ...censusOf(found),
    tensors,
    meta: {},
    parts: constants.parts,
  })
  const models: SourceModel[] = []
  if (layers) models.push(model(name, networkLayers(access, record.inputs, layers), layers.length))
  for (const { name: title, block } of functions ?? []) {
    const own = functions!.length === 1 ? name : `${name}/${title}`
    models.push(model(own, await programLayers(access, block, constants), constantsIn(block)))
  }
  for (const [k, inner] of (pipeline?.models ?? []).entries())
    for (const each of await modelsOf(access, `${name}/${pipeline!.names[k] || `model${k}`}`, inner, constants)) models.push(each)
  return models
}

function constantsIn({ operations }: BlockRecord): number {
  return operations.reduce(
    (sum, { type, bodies }) => sum + (type === 'const' ? 1 : 0) + bodies.reduce((inner, body) => inner + constantsIn(body), 0),
    0,
  )
}
