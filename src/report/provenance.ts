import type { GroupReport } from '../analysis/report-types.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import { count, plural } from '../words.ts'
import { type Html, html } from './html.ts'
import type { ReportInput } from './report-input.ts'
import { htmlTable } from './table.ts'

/** How it was made: the command, parameters, versions and methods, inputs with their hashes, and what was left out. */
export function provenanceSection({ analysis, groups, command }: ReportInput): Html {
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
${warnings.length ? html`<h3>Warnings</h3><ul class="small">${warnings.map((text) => html`<li>${text}</li>`)}</ul>` : ''}
${failedList(analysis)}${skippedList(analysis)}
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
    ...(coefficients ? ([['shift', m.shift]] as [string, string][]) : []),
  ]
}

function inputTable({ models }: Analysis): Html {
  const files = new Map<string, ModelRow>()
  for (const model of models) if (!files.has(model.file)) files.set(model.file, model)
  const rows = [...files.values()]
  const content = htmlTable(
    'Input files',
    [
      { head: 'file', cell: (row) => row.file },
      { head: 'format', cell: (row) => row.format },
      { head: 'bytes', number: true, cell: (row) => count(row.bytes) },
      { head: 'SHA-256', cell: (row) => (row.sha256 === null ? 'not hashed' : html`<code>${row.sha256}</code>`) },
    ],
    rows,
    'dense',
  )
  return html`<details${rows.length <= 12 ? html` open` : ''}><summary>${plural(rows.length, 'input file')} with size and hash</summary>${content}</details>`
}

/** What was seen and not measured, counted by reason. */
function skippedList({ skipped }: Analysis): Html | '' {
  if (skipped.length === 0) return ''
  const reasons = new Map<string, number>()
  for (const { reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const sorted = [...reasons].sort((p, q) => q[1] - p[1])
  return html`<details><summary>${plural(skipped.length, 'tensor or node', 'tensors and nodes')} not measured</summary><ul class="small">${sorted.map(([reason, n]) => html`<li>${count(n)}: ${reason}</li>`)}</ul></details>`
}

function failedList({ failed }: Analysis): Html | '' {
  if (failed.length === 0) return ''
  return html`<h3>${plural(failed.length, 'input')} could not be read</h3><ul class="small">${failed.map(({ file, problem }) => html`<li><b>${file}</b>: ${problem}</li>`)}</ul>`
}
