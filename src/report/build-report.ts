import { createSha256 } from '#io'
import { metricNames } from '../analysis/report-types.ts'
import { metricWords } from '../figures/metric-words.ts'
import { base64 } from '../figures/picture.ts'
import { count, list, plural, sentence } from '../words.ts'
import { howSure, leadSentences } from './answer.ts'
import { changeTable } from './change-table.ts'
import { countsTable } from './counts.ts'
import { correlationTable, htmlPairTable, shiftTable } from './group-tables.ts'
import { type Html, html, raw } from './html.ts'
import { answerTable, comparedTable, datasetTables, depthTables, shapeTable, spreadTable } from './metric-tables.ts'
import { modelsSection } from './models.ts'
import { provenanceSection } from './provenance.ts'
import { drawReportFigures, type PlacedFigure, type ReportPart } from './report-figures.ts'
import type { ReportInput } from './report-input.ts'
import { type PreparedReport, prepareReport } from './reported-layers.ts'
import { studiesTables } from './studies.ts'
import { reportStyle } from './style.ts'

/**
 * The report as one HTML file: no script, nothing from the network, every text of an input escaped. The answer first,
 * then depth, bases and coefficients, shift, accuracy, filters, the models one by one, and how it was made.
 * The same input gives the same bytes.
 * @example
 * const analysis = await readResults(diskFolder('results'), 'results')
 * await writeFile('report.html', await buildReport({ analysis }))
 */
export async function buildReport(input: ReportInput): Promise<string> {
  const prepared = await prepareReport(input)
  return reportHtml(prepared, await drawReportFigures(prepared))
}

/** The report of what has been read and drawn. */
export async function reportHtml(input: PreparedReport, figures: readonly PlacedFigure[]): Promise<string> {
  const title = input.title ?? titleOf(input)
  const numbered = figures.map(({ part, figure }, i) => ({ part, text: figureHtml({ part, figure }, i + 1) }))
  const figuresOf = (part: ReportPart) => numbered.filter((entry) => entry.part === part).map((entry) => entry.text)
  const section = (id: ReportPart, heading: string, ...content: (Html | Html[] | string)[]) =>
    figuresOf(id).length === 0 ? '' : html`<section id="${id}"><h2>${heading}</h2>${figuresOf(id)}${content}</section>`
  const { groups } = input
  const body = html`<header><p class="brand">filterlens ${input.analysis.version}</p><h1>${title}</h1></header>
<main>
<section id="answer">${answer(input)}</section>
${section('depth', 'Depth', groups ? closed('The same in numbers', depthTables(groups)) : '')}
${section('bases', groups?.coefficients ? 'Bases and coefficients' : 'Bases')}
${section('shift', 'Distribution shift', groups ? shiftTable(groups) : '')}
${section('accuracy', 'Accuracy', groups ? correlationTable(groups) : '')}
${section('filters', 'Filters')}
${input.studies ? html`<section id="columns"><h2>By columns</h2>${figuresOf('columns')}${studiesTables(input.studies)}</section>` : ''}
${countsTable(input.analysis.models, input.groups?.datasets)}
${modelsSection(input)}
${provenanceSection(input)}
</main>
<footer><p class="small">One file, no network. Made by filterlens from the weights alone.</p></footer>`
  const policy = `default-src 'none'; img-src data:; font-src data:; style-src 'sha256-${await sha256(reportStyle)}'; base-uri 'none'; form-action 'none'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="filterlens ${input.analysis.version}">
<title>${title}</title>
<style>${raw(reportStyle)}</style>
</head>
<body>
${body}
</body>
</html>
`
  return page.text
}

function figureHtml({ figure }: PlacedFigure, number: number): Html {
  return html`<figure id="${figure.id}"${figure.width > 700 ? html` class="wide"` : ''}><div class="drawing" tabindex="0" role="group" aria-label="${figure.title}">${raw(figure.svg)}</div><figcaption><b>Figure ${number}. ${figure.title}.</b> ${figure.caption}</figcaption></figure>`
}

function answer(input: PreparedReport): Html {
  const { groups, comparison } = input
  if (groups) {
    const { lead, rest } = leadSentences(groups)
    const sets = datasetTables(groups)
    return html`<p class="lede">${lead}</p>${rest.map((text) => html`<p>${text}</p>`)}
${answerTable(groups)}${shapeTable(groups)}
${groups.pairs.length ? html`<p class="small">${howSure(groups)}</p>` : ''}
<p>${extent(input)}</p>
${sets.length ? closed('Each data set alone', sets) : ''}${htmlPairTable(groups)}`
  }
  if (comparison) {
    const parts = metricNames.flatMap((metric) => {
      const words = metricWords[metric]
      const { difference } = comparison.metrics[metric]
      return difference === null ? [] : [`${words.name} ${words.difference(difference)}`]
    })
    return html`<p class="lede">${parts.length ? `From ${comparison.a} to ${comparison.b}: ${list(parts)}.` : 'The two models share no metric that is defined.'} Two models: differences are measured exactly, and say nothing about other models.</p>
${comparedTable(comparison)}
${changeTable(comparison)}
${comparison.warnings.map((text) => html`<p class="small">${sentence(text)}.</p>`)}
<p>${extent(input)}</p>`
  }
  const { count: layers, flagged } = input.layers
  const share = `${count(flagged)} of ${plural(layers, 'layer')}`
  const lead =
    layers === 0
      ? 'No layer was measured.'
      : flagged === 0
        ? `None of ${plural(layers, 'layer')} looks degenerate.`
        : `${share} ${flagged === 1 ? 'looks' : 'look'} degenerate: too sparse, of few distinct patterns, or with output channels that repeat each other.`
  return html`<p class="lede">${lead}</p>
${spreadTable(input)}
<p>${extent(input)}</p>`
}

/** How much was measured. */
function extent({ analysis, groups, layers }: PreparedReport): string {
  const filters = analysis.models.reduce((sum, model) => sum + model.filters, 0)
  const kernel = analysis.parameters.kernel === 'all' ? '' : `${analysis.parameters.kernel.replace('x', '×')} `
  const measured = `Measured: ${plural(filters, `${kernel}filter`)} in ${plural(layers.count, 'layer')} of ${plural(analysis.models.length, 'model')}.`
  if (!groups) return measured
  const outside = groups.models.filter((model) => model.group === null).length
  return `${measured}${outside > 0 ? ` ${sentence(plural(outside, 'model is', 'models are'))} in neither group.` : ''}`
}

function titleOf({ analysis, groups, comparison }: PreparedReport): string {
  if (groups)
    return `${sentence(groups.groups.b.name)} against ${groups.groups.a.name}: ${groups.pairs.length ? plural(groups.pairs.length, 'pair') : plural(groups.groups.a.models + groups.groups.b.models, 'model')}`
  if (comparison) return `${comparison.a} and ${comparison.b}`
  if (analysis.models.length === 1) return analysis.models[0]!.model
  return `${plural(analysis.models.length, 'model')} through their filters`
}

function closed(summary: string, content: Html | Html[]): Html {
  return html`<details class="aside"><summary>${summary}</summary>${content}</details>`
}

async function sha256(text: string): Promise<string> {
  const hash = await createSha256()
  hash.update(new TextEncoder().encode(text))
  const hex = hash.hex()
  return base64(Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)))
}
