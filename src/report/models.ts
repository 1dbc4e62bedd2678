import { flagsOf } from '../analysis/flags.ts'
import type { GroupReport } from '../analysis/report-types.ts'
import { depthNote } from '../database/depth-words.ts'
import { metricWords } from '../figures/metric-words.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layersByModel } from '../measure/layer-source.ts'
import { type ComparedMetric, comparedMetrics, describedMetric } from '../measure/metrics/registry.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import { count, plural } from '../words.ts'
import { type Html, html } from './html.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** Beyond this many layers the report leaves their tables to layers.csv: it would be too large to open. */
const MOST_LAYERS = 12_000
/** A report of fewer models opens the first one. */
const OPEN_UP_TO = 2
const MOST_FLAGS = 10

/** Models one by one: a line each, which opens to its layers. */
export function modelsSection(analysis: Analysis, groups: GroupReport | undefined): Html {
  const own = layersByModel(analysis.layers)
  const sides = new Map(groups?.models.map((model) => [model.model, model.group]))
  const detailed = analysis.layers.length <= MOST_LAYERS
  const rows = analysis.models.map((model) => {
    const layers = own.get(model.model) ?? []
    const side = sides.get(model.model)
    const group = side && groups ? html` <span class="${side} small">${groups.groups[side].name}</span>` : ''
    const summary = html`${model.model}${group}<span class="facts">${modelValues(model)}</span>`
    if (!detailed) return html`<li>${summary}</li>`
    return html`<details${analysis.models.length <= OPEN_UP_TO ? html` open` : ''}><summary>${summary}</summary>${modelFacts(model)}${flagList(layers)}${layers.length > 0 ? layerTable(model, layers) : html`<p class="small">No layer was measured.</p>`}</details>`
  })
  const flagged = analysis.layers.filter((layer) => flagsOf(layer).length > 0)
  const intro = `${plural(analysis.models.length, 'model')} with ${plural(analysis.layers.length, 'layer')}; ${
    flagged.length === 0 ? 'no layer is' : `${count(flagged.length)} ${flagged.length === 1 ? 'layer is' : 'layers are'}`
  } flagged as possibly degenerate.`
  return html`<section id="models"><h2>Models one by one</h2><p>${intro}${detailed ? ' Each line opens to its layers.' : ' Their layers are in the table layers.csv.'}</p>${detailed ? rows : html`<ul>${rows}</ul>`}</section>`
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

function flagList(layers: readonly LayerRow[]): Html | '' {
  const flags = layers.flatMap((layer) => flagsOf(layer).map((flag) => html`<li><b>${layer.layer}</b>: ${flag.message}.</li>`))
  if (flags.length === 0) return ''
  const rest = flags.length - MOST_FLAGS
  return html`<ul class="small">${flags.slice(0, MOST_FLAGS)}${rest > 0 ? html`<li>and ${plural(rest, 'more', 'more')}, marked in the table</li>` : ''}</ul>`
}

function layerTable(model: ModelRow, layers: readonly LayerRow[]): Html {
  const value = (layer: LayerRow, metric: ComparedMetric) => {
    const own = layer[metric]
    if (own === null) return html`<span title="${layer.undefined_because[metric] ?? 'undefined'}">–</span>`
    const text = metricWords[metric].value(own)
    return flagsOf(layer).some((flag) => flag.metric === metric) ? html`<b class="warn">${text}</b>` : text
  }
  const kernels = new Set(layers.map((layer) => layer.kernel)).size > 1
  const columns: HtmlColumn<LayerRow>[] = [
    { head: 'layer', cell: (layer) => layer.layer },
    ...(kernels ? [{ head: 'kernel', cell: (layer: LayerRow) => layer.kernel.replace('x', '×') }] : []),
    {
      head: 'out×in',
      number: true,
      cell: (layer) =>
        `${layer.out_channels}×${layer.in_channels}${layer.groups > 1 ? ` (${plural(layer.groups, 'group')})` : ''}`,
    },
    { head: 'filters', number: true, cell: (layer) => count(layer.filters) },
    ...comparedMetrics.map(
      (metric): HtmlColumn<LayerRow> => ({
        head: describedMetric(metric).label.short,
        number: true,
        cell: (layer) => value(layer, metric),
      }),
    ),
  ]
  return htmlTable(`Layers of ${model.model} by depth`, columns, layers, 'dense')
}
