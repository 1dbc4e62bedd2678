import { untrainedText } from '../../analysis/untrained.ts'
import { listsByKey } from '../../measure/lists-by-key.ts'
import { count, plural } from '../../words.ts'
import { DepthCharts } from '../parts/depth-charts.tsx'
import { DepthNote } from '../parts/depth-note.tsx'
import { BackIcon } from '../parts/icons.tsx'
import { bytes, wholeSize } from '../parts/numbers.ts'
import { type Loaded, models } from '../state/models.ts'
import { formatRoute, go, route } from '../state/route.ts'
import { layersProblem } from '../state/stored.ts'
import { FileContents } from './file-contents.tsx'
import { FlaggedLayers } from './flagged-layers.tsx'
import { HeldResultsNote } from './held-results.tsx'
import { LayerTable } from './layer-table.tsx'

/** The middle pane of a model: what it is, what stands out, its layers against depth. */
export function ModelPane({ model }: { model: Loaded }) {
  const { layer, q } = route.value
  return (
    <section class={`pane middle${layer === undefined ? ' shown' : ''}`} aria-label={`Model ${model.name}`}>
      <div class="inner stack">
        <a class="button plain back" href={formatRoute({ page: 'models', q: {} })}>
          <BackIcon /> Models
        </a>
        <header class="stack" style={{ gap: '6px' }}>
          <div class="row apart head-line">
            <h2 class="title name">{model.name}</h2>
            {models.value.length > 1 && <CompareWith model={model} />}
          </div>
          <p class="muted">
            {model.row.format}
            {model.row.producer ? ` by ${model.row.producer}` : ''} · {bytes(wholeSize(model.row))} ·{' '}
            {plural(model.row.layers, 'layer')} measured, {count(model.row.filters)} filters
          </p>
        </header>
        <HeldResultsNote model={model} />
        <FlaggedLayers model={model} />
        {model.table ? (
          <Waiting />
        ) : model.layers.length > 0 ? (
          <>
            <DepthCharts
              series={[{ model: model.name, role: 'a', layers: model.layers, flags: model.flags }]}
              open={[layer]}
              overall={(metric) => metric.print(model.row[metric.key])}
              onOpen={(row) => go({ page: 'model', a: model.name, layer: row.layer_id, q: keep(q) })}
            />
            <DepthNote models={[model]} />
            <LayerTable model={model} />
          </>
        ) : (
          <p class="note">
            Nothing was measured in this model: it has no 3×3 convolution with weights. What it has is listed below.
          </p>
        )}
        <Census model={model} />
      </div>
    </section>
  )
}

/** While the layers of a model are read from their table. */
export function Waiting() {
  return layersProblem.value ? (
    <p class="note">{layersProblem.value}</p>
  ) : (
    <p class="muted" role="status">
      Reading its layers …
    </p>
  )
}

/** Models up to this many can be chosen from here. */
const MOST_CHOICES = 300

/** Choices that stay when another layer is opened. */
export function keep(q: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(q).filter(([key]) => ['order', 'scale', 'part', 'find', 'lfind', 'lsort', 'flagged', 'cols'].includes(key)),
  )
}

function CompareWith({ model }: { model: Loaded }) {
  return (
    <select
      class="select"
      aria-label={`Compare ${model.name} with`}
      value=""
      onChange={(event) => go({ page: 'compare', a: model.name, b: event.currentTarget.value })}
      style={{ maxWidth: '150px' }}
    >
      <option value="">Compare with…</option>
      {models.value
        .filter((other) => other.name !== model.name)
        .slice(0, MOST_CHOICES)
        .map((other) => (
          <option key={other.name} value={other.name}>
            {other.name}
          </option>
        ))}
      {models.value.length > MOST_CHOICES + 1 && (
        <option value="" disabled>
          tick two under Models for others
        </option>
      )}
    </select>
  )
}

/** What was seen and not measured, with the reasons; and the reader's warnings. */
function Census({ model }: { model: Loaded }) {
  const reasons = listsByKey(model.skipped, ({ reason }) => reason)
  const meta = Object.entries(model.row.meta)
  const untrained = untrainedText(model.ownName, model.layers)
  const notSaidAbove = (warning: string): boolean => warning !== untrained
  return (
    <>
      {meta.length > 0 && (
        <details class="card">
          <summary>Metadata</summary>
          <dl class="facts" style={{ gridTemplateColumns: 'auto 1fr', gap: '4px 20px', marginTop: '12px' }}>
            {meta.map(([key, value]) => (
              <>
                <dt>{key}</dt>
                <dd class="small">{String(value ?? '')}</dd>
              </>
            ))}
          </dl>
        </details>
      )}
      <FileContents model={model} />
      {model.files.length === 0 && model.skipped.length > 0 && (
        <details class="card" open={model.layers.length === 0}>
          <summary>{plural(model.skipped.length, 'tensor')} not measured</summary>
          <ul class="stack small" style={{ marginTop: '12px', gap: '10px' }}>
            {[...reasons].map(([reason, list]) => (
              <li key={reason}>
                <strong>
                  {list.length} × {reason}
                </strong>
                <br />
                <span class="muted name">
                  {list
                    .slice(0, 8)
                    .map((skip) => `${skip.name} (${skip.shape.join(' × ')})`)
                    .join(', ')}
                  {list.length > 8 ? ' …' : ''}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {model.warnings.filter(notSaidAbove).map((warning) => (
        <p key={warning} class="note small">
          {warning}
        </p>
      ))}
    </>
  )
}
