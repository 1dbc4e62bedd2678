import { InputError } from '../../errors.ts'
import type { Input } from '../../io/random-access.ts'
import { openZip } from '../../io/zip.ts'
import { readJson } from '../json-file.ts'
import { modelName } from '../model-name.ts'
import { wouldRun } from '../pickle/unsafe.ts'
import type { Source, SourceModel } from '../source.ts'
import { exportedPrograms } from './archive.ts'
import { exportLayers } from './layers.ts'
import { readProgram } from './program.ts'
import { exportContents, exportTensors } from './tensors.ts'

/** Opens an archive of torch.export. @throws InputError */
export async function openExport({ access, path }: Input): Promise<Source> {
  const zip = await openZip(access)
  const programs = exportedPrograms(zip)
  if (programs.length === 0)
    throw new InputError(
      access.name,
      'holds a program that was compiled for one machine (AOTInductor) and no graph; give what torch.export.save wrote',
    )
  const order = zip.entries.find(({ name }) => /(^|\/)byteorder$/.test(name))
  if (order && order.byteLength === 3)
    throw new InputError(access.name, 'was written on a big-endian machine, which is not read; save it again on another')
  const models: SourceModel[] = []
  const unsafe = new Set<string>()
  for (const { entry, prefix, model } of programs) {
    const program = readProgram(`${access.name}/${entry.name}`, await readJson(await entry.open()))
    const tensors = await exportTensors(access.name, zip, prefix, model, unsafe)
    const { convolutions, skipped } = await exportLayers(access.name, program, tensors, access.byteLength)
    models.push({
      name: programs.length === 1 ? modelName(path) : `${modelName(path)}/${model}`,
      format: 'torch.export',
      producer: program.producer,
      opset: null,
      depth_source: 'graph',
      convolutions,
      skipped,
      tensors: tensors.size,
      contents: async () => exportContents(tensors),
      meta: {},
      parts: [],
    })
  }
  const code = wouldRun(unsafe)
  const warnings =
    code === undefined ? [] : [`${access.name} holds a pickle that ${code}; its weights were read without running anything`]
  return { format: 'torch.export', models, warnings, close: async () => access.close?.() }
}
