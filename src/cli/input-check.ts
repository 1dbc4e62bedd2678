import { type CheckedLayer, type ColumnCheck, checkAgainstTables } from '../analysis/check-against-file.ts'
import { InputError } from '../errors.ts'
import { looksLikeHdf5 } from '../hdf5/file.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { readDerivedTables } from '../sources/dataset-h5/derived.ts'
import { plural } from '../words.ts'
import { pc } from './colour.ts'
import { printable, terminalTable } from './terminal.ts'

/** How one input's own results compare with ours, or why they could not be compared. */
export interface InputCheck {
  readonly file: string
  /** Largest difference that passes: |file - ours| / max(1, |file|). */
  readonly tolerance: number
  readonly columns: readonly ColumnCheck[]
  readonly problem?: string
  readonly passed: boolean
}

/** Layers of a run by the path of their input. */
export class LayersToCheck {
  readonly #byInput = new Map<string, CheckedLayer[]>()

  add(path: string, row: LayerRow): void {
    const { model, layer, peak, sparse_filters, filters, sparsity, variance_entropy, orthogonality } = row
    const kept = { model, layer, peak, sparse_filters, filters, sparsity, variance_entropy, orthogonality }
    const layers = this.#byInput.get(path)
    if (layers) layers.push(kept)
    else this.#byInput.set(path, [kept])
  }

  of(path: string): readonly CheckedLayer[] {
    return this.#byInput.get(path) ?? []
  }
}

/** Compares each input's own results (meta_sparsity, meta_pca, meta_ortho of a dataset.h5) with the layers measured of it. */
export async function checkInputs(
  inputs: readonly FoundInput[],
  layers: LayersToCheck,
  tolerance: number,
): Promise<readonly InputCheck[]> {
  const checks: InputCheck[] = []
  for (const input of inputs) checks.push(await checkFile(input, layers.of(input.path), tolerance))
  return checks
}

async function checkFile(found: FoundInput, layers: readonly CheckedLayer[], tolerance: number): Promise<InputCheck> {
  const failedCheck = { file: found.path, tolerance, columns: [], passed: false }
  try {
    const { access } = await found.open()
    try {
      const columns = looksLikeHdf5(await access.read(0, Math.min(4096, access.byteLength)))
        ? checkAgainstTables(layers, await readDerivedTables(access))
        : []
      if (columns.length === 0)
        return {
          ...failedCheck,
          problem: 'holds no results of its own to check against (meta_sparsity, meta_pca, meta_ortho of a dataset.h5)',
        }
      const passed = columns.every(({ compared, largestDifference }) => compared > 0 && largestDifference <= tolerance)
      return { ...failedCheck, columns, passed }
    } finally {
      await access.close?.()
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { ...failedCheck, problem: error.problem }
  }
}

/** A line a column: rows compared, the largest difference and where it is. */
export function fileCheckView({ file, columns, tolerance, passed }: InputCheck): string {
  const rows = columns.map((check) => [
    `${printable(check.table)} ${printable(check.column)}`,
    check.metric,
    plural(check.compared, 'layer'),
    check.largestDifference === 0 ? '0' : check.largestDifference.toExponential(1),
    check.worst ? `${printable(check.worst.model)}, ${printable(check.worst.layer)}` : '',
    check.worst ? String(check.worst.file) : '',
    check.worst ? String(check.worst.ours) : '',
    remarks(check, tolerance),
  ])
  const right = 'right' as const
  const titles = [{ title: 'in the file' }, { title: 'here' }, { title: 'compared', align: right }]
  const difference = [{ title: 'largest difference', align: right }, { title: 'where' }, { title: 'file' }, { title: 'ours' }]
  const verdict = passed
    ? `agrees with its own results within ${tolerance}`
    : pc.yellow(`does not agree with its own results within ${tolerance}`)
  return [`${pc.bold(printable(file))} ${verdict}`, '', terminalTable([...titles, ...difference, { title: '' }], rows), ''].join(
    '\n',
  )
}

function remarks(
  { compared, largestDifference, undefinedHere, undefinedThere, unmatched }: ColumnCheck,
  tolerance: number,
): string {
  return [
    largestDifference > tolerance ? pc.yellow('! beyond the tolerance') : '',
    compared === 0 ? pc.yellow('! nothing to compare') : '',
    undefinedHere > 0 ? `${plural(undefinedHere, 'layer')} undefined here` : '',
    undefinedThere > 0 ? `${plural(undefinedThere, 'layer')} NaN in the file` : '',
    unmatched > 0 ? `${plural(unmatched, 'row')} not measured` : '',
  ]
    .filter((text) => text !== '')
    .join('; ')
}
