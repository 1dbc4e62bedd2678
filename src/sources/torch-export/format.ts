import { looksLikeZip, tryZip } from '../../io/zip.ts'
import type { SourceFormat } from '../source.ts'
import { exportedPrograms, isCompiledExport } from './archive.ts'

/** Programs that torch.export saved (.pt2): a zip of the graph as JSON and the weights, one file each or as a state dict. */
export const torchExport: SourceFormat = {
  name: 'torch.export',
  async match(head, { access }) {
    if (!looksLikeZip(head)) return false
    const zip = await tryZip(access)
    return zip !== undefined && (exportedPrograms(zip).length > 0 || isCompiledExport(zip))
  },
  open: async (input) => (await import('./open.ts')).openExport(input),
}
