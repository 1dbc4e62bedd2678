import { useEffect, useMemo } from 'preact/hooks'
import type { ExportFormat } from '../../results/export-formats.ts'
import { SaveIcon } from '../parts/icons.tsx'
import { Menu } from '../parts/menu.tsx'
import { grouping, saveOpen } from '../state/groups.ts'
import { analysisOf, filesOf, models, pairs } from '../state/models.ts'
import { showToast } from '../state/toast.ts'
import { viewing } from '../state/work.ts'
import type { TableSource } from '../tasks/protocol.ts'
import { download } from './download.ts'
import { saving } from './saving.ts'

const formats: readonly { readonly format: ExportFormat; readonly title: string; readonly type: string }[] = [
  { format: 'csv', title: 'CSV', type: 'text/csv' },
  { format: 'arrow', title: 'Arrow', type: 'application/vnd.apache.arrow.file' },
  { format: 'parquet', title: 'Parquet', type: 'application/vnd.apache.parquet' },
]

const runTables = ['models', 'layers', 'skipped']
const groupTables = ['comparisons', 'distributions', 'depth']

/** What can be taken away: the results, and each table. Figures are saved where they are shown. */
export function SaveMenu() {
  return (
    <Menu label="Save" icon={<SaveIcon />}>
      <Sheet />
    </Menu>
  )
}

function Sheet() {
  const analysis = useMemo(() => analysisOf(models.value), [models.value])
  useEffect(() => {
    saveOpen.value = true
    return () => {
      saveOpen.value = false
    }
  }, [])
  if (!analysis)
    return <p class="small">These models were measured with different parameters; remove some to save the others together.</p>
  const saveResults = () =>
    saving(async () => {
      showToast('Writing the results …')
      const { zip, resultsSha256 } = await viewing('results', {
        analysis,
        files: filesOf(models.value),
        pairs: pairs.value,
      })
      download('filterlens-results.zip', zip, 'application/zip')
      showToast('Saved. The number to quote, results.sha256:', resultsSha256)
    })
  const groups = grouping.value
  const isHere = models.value.every(({ table }) => table === null)
  return (
    <>
      {isHere ? (
        <>
          <h3>Everything, to check and to recompute</h3>
          <button type="button" onClick={saveResults}>
            Results <span class="muted small">results.zip</span>
          </button>
        </>
      ) : (
        <p class="small muted">The layers are in the results that were opened; filterlens export writes them in any format.</p>
      )}
      <h3>Tables</h3>
      {(isHere ? runTables : ['models']).map((name) => (
        <TableRow key={name} name={name} source={{ analysis }} />
      ))}
      {'report' in groups && (
        <>
          <h3>
            {groups.report.groups.a.name} and {groups.report.groups.b.name}
          </h3>
          {groupTables.map((name) => (
            <TableRow key={name} name={name} source={{ report: groups.report }} />
          ))}
        </>
      )}
      {'working' in groups && <p class="small muted">Comparing the groups …</p>}
      <p class="small muted">Each figure can be saved where it is shown.</p>
    </>
  )
}

function TableRow({ name, source }: { name: string; source: TableSource }) {
  return (
    <div class="table-row">
      <span>{name}</span>
      {formats.map(({ format, title, type }) => (
        <button
          key={format}
          type="button"
          aria-label={`Save the table ${name} as ${format}`}
          onClick={() =>
            saving(async () => download(`${name}.${format}`, await viewing('table', { source, name, format }), type))
          }
        >
          {title}
        </button>
      ))}
    </div>
  )
}
