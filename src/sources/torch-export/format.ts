import { InputError } from '../../errors.ts'
import { looksLikeZip, openZip, tryZip, type Zip } from '../../io/zip.ts'
import { readJson } from '../json-file.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat, SourceModel } from '../source.ts'
import { exportLayers } from './layers.ts'
import { readProgram } from './program.ts'
import { exportTensors } from './tensors.ts'

/** Programs that torch.export saved (.pt2): a zip of the graph as JSON and the weights, one file each or as a state dict. */
export const torchExport: SourceFormat = {
  name: 'torch.export',
  async match(head, { access }) {
    if (!looksLikeZip(head)) return false
    const zip = await tryZip(access)
    return zip !== undefined && (programsOf(zip).length > 0 || isCompiled(zip))
  },
  async open({ access, path }): Promise<Source> {
    const zip = await openZip(access)
    const programs = programsOf(zip)
    if (programs.length === 0)
      throw new InputError(
        access.name,
        'holds a program that was compiled for one machine (AOTInductor) and no graph; give what torch.export.save wrote',
      )
    const order = zip.entries.find(({ name }) => /(^|\/)byteorder$/.test(name))
    if (order && order.byteLength === 3)
      throw new InputError(access.name, 'was written on a big-endian machine, which is not read; save it again on another')
    const models: SourceModel[] = []
    for (const { entry, prefix, model } of programs) {
      const program = readProgram(`${access.name}/${entry.name}`, await readJson(await entry.open()))
      const tensors = await exportTensors(access.name, zip, prefix, model)
      const { convolutions, skipped } = await exportLayers(access.name, program, tensors)
      models.push({
        name: programs.length === 1 ? modelName(path) : `${modelName(path)}/${model}`,
        format: torchExport.name,
        producer: program.producer,
        opset: null,
        depth_source: 'graph',
        convolutions,
        skipped,
        tensors: tensors.size,
        meta: {},
        parts: [],
      })
    }
    return { format: torchExport.name, models, warnings: [], close: async () => access.close?.() }
  },
}

/** Every program of an archive: models/NAME.json, and before torch 2.6 the only one. */
function programsOf(zip: Zip): { entry: Zip['entries'][number]; prefix: string; model: string }[] {
  const isArchive = zip.entries.some(({ name }) => /(^|\/)archive_format$/.test(name))
  return zip.entries.flatMap((entry) => {
    const found = /^(|[^/]+\/)(?:models\/([^/]+)|serialized_exported_program)\.json$/.exec(entry.name)
    if (!found || (found[2] !== undefined && !isArchive)) return []
    return [{ entry, prefix: found[1]!, model: found[2] ?? 'model' }]
  })
}

function isCompiled(zip: Zip): boolean {
  return zip.entries.some(({ name }) => /(^|\/)data\/aotinductor\//.test(name))
}
