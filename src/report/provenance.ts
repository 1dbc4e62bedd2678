import type { GroupReport } from '../analysis/report-types.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import { count, plural } from '../words.ts'
import { type Html, html } from './html.ts'
import { inTable, MOST_LISTED } from './long-lists.ts'
import type { PreparedReport } from './reported-layers.ts'
import { htmlTable } from './table.ts'

/** How it was made: the command, parameters, versions and methods, inputs with their hashes, and what was left out. */
export function provenanceSection({ analysis, groups, command, reasons }: PreparedReport): Html {
  const { parameters } = analysis
  const facts: [string, Html | string][] = [
    ['filterlens', analysis.version],
    ['profile', `${parameters.profile} (conventions of the reference)`],
    [
      'sparse',
      `a filter whose largest absolute weight is ${parameters.profile === 'cvprw22' ? 'at most' : 'below'} ${parameters.threshold} of its layer's`,
    ],
    ['kernels', parameters.kernel.replace('x', '×')],
    ['WASM module', html`<code>${parameters.kernel_sha256}</code>`],
    ...(groups ? methods(groups) : []),
  ]
  const warnings = [...new Set([...analysis.warnings, ...(groups?.warnings ?? [])])]
  return html`<section id="how"><h2>How it was made</h2>
${command ? html`<pre><code>${command}</code></pre>` : ''}
<dl>${facts.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>
${definitions}
${warnings.length ? html`<h3>Warnings</h3><ul class="small">${warnings.slice(0, MOST_LISTED).map((text) => html`<li>${text}</li>`)}${warnings.length > MOST_LISTED ? html`<li>and ${plural(warnings.length - MOST_LISTED, 'more', 'more')}: ${inTable('models')}</li>` : ''}</ul>` : ''}
${failedList(analysis)}${skippedList(reasons)}
${inputTable(analysis)}</section>`
}

const definitions = html`<p class="small">Sparsity: share of filters that are close to zero. Variance entropy: entropy (base 10) of the variance shares of the principal components of a layer's non-sparse filters, each divided by its largest absolute value; 0 when all vary along one direction, log<sub>10</sub>&nbsp;9 = 0.954 when along nine alike. Orthogonality: one minus the mean deviation of the output channels' cosine matrix from the identity; 1 when all are perpendicular. A model's value weighs its layers by filters, non-sparse filters and output channels. Definitions after Gavrikov and Keuper, “Adversarial Robustness through the Lens of Convolutional Filters” (CVPR Workshops 2022) and “CNN Filter DB” (CVPR 2022).</p>`

function methods({ methods: m, coefficients }: GroupReport): [string, string][] {
  return [
    ['test', m.test],
    ['effect', m.effect],
    ['interval', m.interval],
    ['correction', m.correction],
    ['correlation', m.correlation],
    ...(coefficients
      ? ([['shift', m.shift], ...(m.chance === undefined ? [] : [['chance', m.chance]])] as [string, string][])
      : []),
  ]
}

function inputTable({ models }: Pick<Analysis, 'models'>): Html {
  const files = new Map<string, ModelRow>()
  for (const model of models) if (!files.has(model.file)) files.set(model.file, model)
  const rows = [...files.values()]
  const shown = rows.slice(0, MOST_LISTED)
  const content = htmlTable(
    rows.length > shown.length ? `The first ${shown.length} input files; all are in the table models.csv` : 'Input files',
    [
      { head: 'file', cell: (row) => row.file },
      { head: 'format', cell: (row) => row.format },
      { head: 'bytes', number: true, cell: (row) => count(row.bytes) },
      { head: 'SHA-256', cell: (row) => (row.sha256 === null ? 'not hashed' : html`<code>${row.sha256}</code>`) },
    ],
    shown,
    'dense',
  )
  return html`<details${rows.length <= 12 ? html` open` : ''}><summary>${plural(rows.length, 'input file')} with size and hash</summary>${content}</details>`
}

/** What was seen and not measured, counted by reason. */
function skippedList(reasons: ReadonlyMap<string, number>): Html | '' {
  if (reasons.size === 0) return ''
  const sorted = [...reasons].sort((p, q) => q[1] - p[1])
  const all = sorted.reduce((sum, [, n]) => sum + n, 0)
  const rest = sorted.slice(MOST_LISTED)
  const more =
    rest.length > 0
      ? html`<li>${count(rest.reduce((sum, [, n]) => sum + n, 0))} for ${plural(rest.length, 'other reason')}: ${inTable('skipped')}</li>`
      : ''
  return html`<details><summary>${plural(all, 'tensor or node', 'tensors and nodes')} not measured</summary><ul class="small">${sorted.slice(0, MOST_LISTED).map(([reason, n]) => html`<li>${count(n)}: ${reason}</li>`)}${more}</ul></details>`
}

function failedList({ failed }: Pick<Analysis, 'failed'>): Html | '' {
  if (failed.length === 0) return ''
  return html`<h3>${plural(failed.length, 'input')} could not be read</h3><ul class="small">${failed.slice(0, MOST_LISTED).map(({ file, problem }) => html`<li><b>${file}</b>: ${problem}</li>`)}${failed.length > MOST_LISTED ? html`<li>and ${plural(failed.length - MOST_LISTED, 'more', 'more')}</li>` : ''}</ul>`
}
