import { layersCsv, modelsCsv } from '../../artifact/csv.ts'
import { layerTableBytes, modelTableBytes } from '../../artifact/tables.ts'
import type { Analysis } from '../../measure/model-row.ts'
import { SaveIcon } from '../parts/icons.tsx'
import { Menu } from '../parts/menu.tsx'
import { analysisOf, models } from '../state/models.ts'
import { say } from '../state/toast.ts'
import { looking } from '../state/work.ts'
import { download } from './download.ts'

interface Item {
  readonly title: string
  readonly ending: string
  save(analysis: Analysis): Promise<void> | void
}

const arrow = 'application/vnd.apache.arrow.file'

const items: readonly Item[] = [
  { title: 'Layers', ending: 'csv', save: ({ layers }) => download('layers.csv', [...layersCsv(layers)].join(''), 'text/csv') },
  { title: 'Layers', ending: 'arrow', save: (analysis) => download('layers.arrow', new Uint8Array(layerTableBytes(analysis)), arrow) },
  { title: 'Models', ending: 'csv', save: ({ models }) => download('models.csv', [...modelsCsv(models)].join(''), 'text/csv') },
  { title: 'Models', ending: 'arrow', save: (analysis) => download('models.arrow', new Uint8Array(modelTableBytes(analysis)), arrow) },
]

async function saveArtifact(analysis: Analysis): Promise<void> {
  say('Writing the artifact …')
  const { zip, resultsSha256 } = await looking('artifact', { analysis })
  download('filterlens-results.zip', zip, 'application/zip')
  say(`Saved. results.sha256 is ${resultsSha256}`)
}

/** What can be taken away: the artifact, and each table. Figures are saved where they are shown. */
export function SaveMenu() {
  const analysis = analysisOf(models.value)
  const run = async (work: () => Promise<void> | void): Promise<void> => {
    try {
      await work()
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <Menu label="Save" icon={<SaveIcon />}>
      {analysis ? (
        <>
          <h3>Everything, to check and to recompute</h3>
          <button type="button" onClick={() => run(() => saveArtifact(analysis))}>
            Artifact <span class="muted small">results.zip</span>
          </button>
          <h3>Tables</h3>
          {items.map((item) => (
            <button key={item.title + item.ending} type="button" onClick={() => run(() => item.save(analysis))}>
              {item.title} <span class="muted small">.{item.ending}</span>
            </button>
          ))}
          <p class="small muted">Each figure can be saved where it is shown.</p>
        </>
      ) : (
        <p class="small">These models were measured with different parameters; remove some to save the others together.</p>
      )}
    </Menu>
  )
}
