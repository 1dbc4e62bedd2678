import { plural, shortCount } from '../../words.ts'
import { FindField } from '../parts/find-field.tsx'
import { CloseIcon } from '../parts/icons.tsx'
import { shownMetrics } from '../parts/metrics.ts'
import { ModelName } from '../parts/model-name.tsx'
import { bytes, wholeSize } from '../parts/numbers.ts'
import { Bar } from '../parts/spark.tsx'
import { endJob, jobs } from '../state/jobs.ts'
import { notKept, openWaiting, waiting } from '../state/kept.ts'
import { type Loaded, models } from '../state/models.ts'
import { formatRoute, route } from '../state/route.ts'

/** The left pane: what is being read, and every model with its three bars. */
export function ModelList() {
  const { q, a, b, page } = route.value
  const find = (q['find'] ?? '').toLowerCase()
  const shown = models.value.filter((model) => model.name.toLowerCase().includes(find))
  return (
    <section class="pane list" aria-label="Models">
      <div class="list-head">
        {models.value.length > 6 && <FindField param="find" id="find" placeholder="Filter models" label="Filter models" />}
        <p class="small muted" role="status">
          {find ? `${shown.length} of ${plural(models.value.length, 'model')}` : plural(models.value.length, 'model')}
        </p>
      </div>
      <Jobs />
      <Kept />
      <p class="bars-head small muted" aria-hidden="true">
        {shownMetrics.map((metric) => (
          <span key={metric.key}>{metric.shortest}</span>
        ))}
      </p>
      <ul class="models-list">
        {shown.slice(0, 300).map((model) => (
          <li key={model.name}>
            <ModelLink model={model} role={model.name === a ? 'a' : page === 'compare' && model.name === b ? 'b' : null} />
          </li>
        ))}
        {shown.length > 300 && (
          <li class="small muted" style={{ padding: '10px 12px' }}>
            and {shown.length - 300} more: filter them, or see them all under Models
          </li>
        )}
      </ul>
    </section>
  )
}

function ModelLink({ model, role }: { model: Loaded; role: 'a' | 'b' | null }) {
  const { page } = route.value
  const flagged = model.toLookAt ?? 0
  return (
    <a
      class="model-link"
      href={formatRoute({ page: 'model', a: model.name, q: {} })}
      {...(role && { 'aria-current': 'page' as const })}
    >
      <div class="row apart" style={{ flexWrap: 'nowrap' }}>
        <strong class="model-title">
          {role && page === 'compare' && <span class={`swatch ${role}`} />}
          <ModelName name={model.name} />
        </strong>
        {flagged > 0 && (
          <span class="flag small" title={`${plural(flagged, 'layer')} to look at`}>
            {flagged} <span aria-hidden="true">▲</span>
            <span class="unseen"> {flagged === 1 ? 'layer' : 'layers'} to look at</span>
          </span>
        )}
      </div>
      <div class="small muted cut">
        {model.row.format} · {bytes(wholeSize(model.row))} · {shortCount(model.row.filters)} filters
      </div>
      <div class="bars" aria-hidden="true">
        {shownMetrics.map((metric) => (
          <span key={metric.key} title={`${metric.title} ${metric.print(model.row[metric.key])}`}>
            <Bar share={(model.row[metric.key] ?? 0) / metric.full} width={64} />
          </span>
        ))}
      </div>
    </a>
  )
}

/** What a reload will not bring back, and what comes back after a click. */
export function Kept() {
  return (
    <>
      {waiting.value.map((drop) => (
        <p key={drop.id} class="job">
          <button type="button" class="button" onClick={() => openWaiting(drop)}>
            <span class="cut">Open {drop.label} again</span>
          </button>
        </p>
      ))}
      {notKept.value && <p class="job small muted">{notKept.value}</p>}
    </>
  )
}

/** What is being read, with progress and cancel; what failed stays until it is put away. */
export function Jobs() {
  return (
    <div aria-live="polite">
      {jobs.value.map((job) => (
        <div key={job.id} class="job">
          {job.running && (
            <>
              <div class="row apart" style={{ flexWrap: 'nowrap' }}>
                <strong class="cut" title={job.label}>
                  {job.label}
                </strong>
                <button type="button" class="button tight" onClick={() => job.cancel()}>
                  Cancel
                </button>
              </div>
              <p class="small muted cut">{job.doing}</p>
              <div
                class={`progress${job.total > 0 ? '' : ' endless'}`}
                role="progressbar"
                aria-label={`Reading ${job.label}`}
                aria-valuemin={0}
                aria-valuemax={100}
                {...(job.total > 0 && { 'aria-valuenow': Math.round((100 * job.done) / job.total) })}
              >
                <i style={job.total > 0 ? { transform: `scaleX(${job.done / job.total})` } : {}} />
              </div>
            </>
          )}
          {job.errors.map((error) => (
            <div key={error} class="note small row apart" style={{ flexWrap: 'nowrap', alignItems: 'start' }}>
              <span>{error}</span>
              {!job.running && (
                <button type="button" class="icon tiny" aria-label="Put this message away" onClick={() => endJob(job.id)}>
                  <CloseIcon />
                </button>
              )}
            </div>
          ))}
        </div>
      ))}
    </div>
  )
}
