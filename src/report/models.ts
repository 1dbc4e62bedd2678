import { flagsOf } from '../analysis/flags.ts'
import { depthNote } from '../database/depth-words.ts'
import { spokenName } from '../database/spoken-name.ts'
import { metricWords } from '../figures/metric-words.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import { type ComparedMetric, comparedMetrics, describedMetric } from '../measure/metrics/registry.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { count, plural } from '../words.ts'
import { type Html, html } from './html.ts'
import { extremes, inTable, MOST_LISTED } from './long-lists.ts'
import type { PreparedReport, ReportedLayers } from './reported-layers.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** A report of fewer models opens the first one. */
const OPEN_UP_TO = 2
const MOST_FLAGS = 10

/** Of many models those with the most flagged layers, and with the smallest and largest value of each metric. */
const MOST_FLAGGED = 30
const EXTREMES = 10

/** Models one by one: a line each, which opens to its layers. */
export function modelsSection({ analysis: { models }, groups, layers }: PreparedReport): Html {
  const sides = new Map(groups?.models.map((model) => [model.model, model.group]))
  const own = layers.byModel
  const shown = shownModels(models, layers)
  const rows = shown.map((model) => {
    const side = sides.get(model.model)
    const group = side && groups ? html` <span class="${side} small">${groups.groups[side].name}</span>` : ''
    const flags = shown.length < models.length ? layers.flaggedOf.get(model.model) : undefined
    const facts = flags === undefined ? modelValues(model) : `${modelValues(model)} · ${plural(flags, 'flagged layer')}`
    const summary = html`${model.model}${group}<span class="facts">${facts}</span>`
    if (!own) return html`<li>${summary}</li>`
    const rows = own.get(model.model) ?? []
    return html`<details${models.length <= OPEN_UP_TO ? html` open` : ''}><summary>${summary}</summary>${modelFacts(model)}${flagList(rows)}${rows.length > 0 ? layerTable(model, rows) : html`<p class="small">No layer was measured.</p>`}</details>`
  })
  const { count: all, flagged } = layers
  const intro = `${plural(models.length, 'model')} with ${plural(all, 'layer')}; ${
    flagged === 0 ? 'no layer is' : `${count(flagged)} ${flagged === 1 ? 'layer is' : 'layers are'}`
  } flagged as possibly degenerate.`
  const some =
    shown.length < models.length
      ? ` Shown are the ${MOST_FLAGGED} models with the most flagged layers, and the ${EXTREMES} with the smallest and the largest value of each metric; ${inTable('models')}.`
      : ''
  return html`<section id="models"><h2>Models one by one</h2><p>${intro}${some}${own ? ' Each line opens to its layers.' : ' Their layers are in the table layers.csv.'}</p>${own ? rows : html`<ul>${rows}</ul>`}</section>`
}

function shownModels(models: readonly ModelRow[], { flaggedOf }: ReportedLayers): readonly ModelRow[] {
  if (models.length <= MOST_LISTED) return models
  const most = [...flaggedOf].sort((p, q) => q[1] - p[1]).slice(0, MOST_FLAGGED)
  const flagged = new Set(most.map(([model]) => model))
  const ends = new Set(
    extremes(
      models,
      comparedMetrics.map((metric) => (row) => row[metric]),
      EXTREMES,
    ),
  )
  return models.filter((row) => flagged.has(row.model) || ends.has(row))
}

/** "sparsity 1.2 % · variance entropy 0.812 · orthogonality 0.873". */
function modelValues(model: ModelRow): string {
  return comparedMetrics.map((metric) => `${metricWords[metric].name} ${metricWords[metric].value(model[metric])}`).join(' · ')
}

function modelFacts(model: ModelRow): Html {
  const meta = Object.entries(model.meta)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}: ${value}`)
  const facts = [model.file, model.format, ...(model.producer ? [model.producer] : []), plural(model.filters, 'filter'), ...meta]
  const depth = depthNote([model])
  return html`<p class="small">${facts.join(' · ')}${depth ? html`<br>${depth}` : ''}</p>`
}

function flagList(layers: readonly MeasuredLayer[]): Html | '' {
  const flags = layers.flatMap((layer) =>
    flagsOf(layer).map((flag) => html`<li><b>${spokenName(layer)}</b>: ${flag.message}.</li>`),
  )
  if (flags.length === 0) return ''
  const rest = flags.length - MOST_FLAGS
  return html`<ul class="small">${flags.slice(0, MOST_FLAGS)}${rest > 0 ? html`<li>and ${plural(rest, 'more', 'more')}, marked in the table</li>` : ''}</ul>`
}

function layerTable(model: ModelRow, layers: readonly MeasuredLayer[]): Html {
  const value = (layer: MeasuredLayer, metric: ComparedMetric) => {
    const own = layer[metric]
    if (own === null) return html`<span title="${layer.undefined_because[metric] ?? 'undefined'}">–</span>`
    const text = metricWords[metric].value(own)
    return flagsOf(layer).some((flag) => flag.metric === metric) ? html`<b class="warn">${text}</b>` : text
  }
  const kernels = new Set(layers.map((layer) => layer.kernel)).size > 1
  const columns: HtmlColumn<MeasuredLayer>[] = [
    { head: 'layer', cell: spokenName },
    ...(kernels ? [{ head: 'kernel', cell: (layer: MeasuredLayer) => layer.kernel.replace('x', '×') }] : []),
    {
      head: 'out×in',
      number: true,
      cell: (layer) =>
        `${layer.out_channels}×${layer.in_channels}${layer.groups > 1 ? ` (${plural(layer.groups, 'group')})` : ''}`,
    },
    { head: 'filters', number: true, cell: (layer) => count(layer.filters) },
    ...comparedMetrics.map(
      (metric): HtmlColumn<MeasuredLayer> => ({
        head: describedMetric(metric).label.short,
        number: true,
        cell: (layer) => value(layer, metric),
      }),
    ),
  ]
  return htmlTable(`Layers of ${model.model} by depth`, columns, layers, 'dense')
}
