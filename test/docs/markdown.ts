import { type DescribedColumn, describeColumns, type Fields } from '../../src/arrow/fields.ts'
import { filterColumn } from '../../src/database/files.ts'
import { databaseLayerFields } from '../../src/database/layer-columns.ts'
import { provenanceFields } from '../../src/database/provenance.ts'
import { layerFields } from '../../src/measure/layer-row.ts'
import type { Metric } from '../../src/measure/metrics/metric.ts'
import { layerMetrics } from '../../src/measure/metrics/registry.ts'
import { modelFields, skippedFields } from '../../src/measure/model-row.ts'
import type { DescribedTables } from '../../src/results/described-tables.ts'
import { describedDerivedTables } from '../../src/results/export-derived.ts'
import { describedGroupTables } from '../../src/results/export-groups.ts'
import { describedStudyTables } from '../../src/results/export-studies.ts'
import { firstFiltersFields } from '../../src/results/first-filters-table.ts'

// The parts of docs/ that are made from the descriptions in src/. scripts/write-docs.mjs writes them, docs.test.ts compares.

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

const code = (name: string): string => `\`${name}\``

/** Every metric of a layer: what docs/metrics.md says of it. */
export function metricsTable(metrics: readonly Metric[] = layerMetrics): string {
  return tableOf(
    ['metric', 'what it is', 'definition', 'range', 'by chance', 'undefined when', 'of a model', 'source'],
    metrics.map(({ name, meaning, formula, range, chance, undefinedWhen, overall, source }) => [
      code(name),
      meaning,
      formula,
      range.words,
      chance?.words ?? '–',
      undefinedWhen ?? 'never',
      overall === null ? '–' : overall.rule === 'sum' ? 'sum' : overall.words,
      source,
    ]),
  )
}

const types: Readonly<Record<DescribedColumn['type'], string>> = {
  utf8: 'text',
  int32: 'int32',
  int64: 'int64',
  float64: 'double',
  float64_list: 'list of double',
}

const columnTable = (fields: Fields): string => describedTable(describeColumns(fields))

function describedTable(columns: readonly DescribedColumn[]): string {
  return tableOf(
    ['column', 'type', 'null', 'what it is', 'known to'],
    columns.map(({ name, type, nullable, unit, meaning, by }) => [
      code(name),
      types[type],
      nullable ? 'yes' : '',
      unit ? `${meaning} (${unit})` : meaning,
      by,
    ]),
  )
}

const metaLine =
  'Then a column for each of your own facts about the models (text, double or boolean; `meta.<name>` where a name is taken).'

const columnsIn = (tables: DescribedTables, folder: string, ending: string): string =>
  tables.map(({ name, columns }) => `### \`${folder}${name}${ending}\`\n\n${describedTable(columns)}`).join('\n\n')

const sections: Readonly<Record<string, () => string>> = {
  metrics: () => metricsTable(),
  groups: () => columnsIn(describedGroupTables(), 'groups/', '.arrow'),
  studies: () => columnsIn(describedStudyTables(), 'studies/', '.arrow'),
  derived: () => columnsIn(describedDerivedTables(), '', ''),
  columns: () =>
    [
      '### `layers.arrow`',
      columnTable(layerFields()),
      '### `models.arrow`',
      columnTable(modelFields()),
      metaLine,
      '### `skipped.arrow`',
      columnTable(skippedFields),
      '### `first_filters.arrow`',
      columnTable(firstFiltersFields),
      '### `layers.arrow` of a filter database',
      columnTable(databaseLayerFields),
      '### `models.arrow` of a filter database',
      columnTable(provenanceFields),
      metaLine,
      '### `filters.arrow` of a filter database',
      tableOf(
        ['column', 'type', 'null', 'what it is', 'known to'],
        [[code(filterColumn.name), filterColumn.type, '', filterColumn.meaning, filterColumn.by]],
      ),
    ].join('\n\n'),
}

/** The docs that have such parts. */
export const generatedDocs = ['docs/metrics.md', 'docs/results.md'] as const

/** A page with its generated parts made anew: what stands between `<!-- made from src/: name -->` and `<!-- end -->`. */
export function withGenerated(page: string): string {
  return page.replace(
    /(<!-- made from src\/: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const section = sections[name]
      if (!section) throw new RangeError(`no part of the docs is called ${name}`)
      return `${begin}\n${section()}\n\n${end}`
    },
  )
}
