import type { Zip } from '../../io/zip.ts'

/** Every program of an archive: models/NAME.json, and before torch 2.6 the only one. */
export function exportedPrograms(zip: Zip): { entry: Zip['entries'][number]; prefix: string; model: string }[] {
  const isArchive = zip.entries.some(({ name }) => /(^|\/)archive_format$/.test(name))
  return zip.entries.flatMap((entry) => {
    const found = /^(|[^/]+\/)(?:models\/([^/]+)|serialized_exported_program)\.json$/.exec(entry.name)
    if (!found || (found[2] !== undefined && !isArchive)) return []
    return [{ entry, prefix: found[1]!, model: found[2] ?? 'model' }]
  })
}

/** True for a program that was compiled for one machine. */
export function isCompiledExport(zip: Zip): boolean {
  return zip.entries.some(({ name }) => /(^|\/)data\/aotinductor\//.test(name))
}
