import type { ShiftMatrix } from '../analysis/report-types.ts'
import type { ColumnStudy, Studies } from '../analysis/study-types.ts'
import { type Figure, withId } from '../figures/figure.ts'
import { histogramRidges } from '../figures/histogram-ridges.ts'
import { ownBases } from '../figures/own-bases.ts'
import { shiftMatrixFigure } from '../figures/shift-matrix.ts'
import { valuesByDepth } from '../figures/values-by-depth.ts'
import { plural } from '../words.ts'

/** Rows of a figure that has a row for each value; more would fill pages. */
const MOST_ROWS = 24

/** The figures of studies by columns: metrics by depth, bases, coefficients, shifts. */
export async function studyFigures({ studies, parameters }: Studies): Promise<Figure[]> {
  const figures: Figure[] = []
  const slugs = new Set<string>()
  for (const study of studies) {
    const slug = slugOf(study.column, slugs)
    const put = (figure: Figure) => figures.push(withId(figure, `${figure.id}-${slug}`))
    const kernel = parameters.kernel === 'all' ? '3×3' : parameters.kernel.replace('x', '×')
    put(await valuesByDepth(study))
    const bases = basisRows(study)
    const side = Math.round(Math.sqrt(bases[0]?.components[0]?.length ?? 9))
    if (bases.length > 0) put(ownBases(bases, [side, side], { parameters }))
    const { coefficients, matrix } = study
    if (coefficients) {
      const rows = coefficients.values.slice(0, MOST_ROWS).map(({ value, filters, counts }) => ({ name: value, filters, counts }))
      put(
        await histogramRidges({
          title: `Distributions of the coefficients by ${study.column}`,
          rows,
          range: coefficients.range,
          basis: 'the basis of all of them',
          kernel,
          parameters,
        }),
      )
    }
    if (matrix && matrix.values.length > 1)
      figures.push(withId(shiftMatrixFigure(byDistance(matrix), { parameters }), `shift-matrix-by-${slug}`))
  }
  return figures
}

/** A column's name as part of an id: unlike those before it. */
function slugOf(column: string, taken: Set<string>): string {
  const plain =
    column
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'column'
  let slug = plain
  for (let k = 2; taken.has(slug); k++) slug = `${plain}-${k}`
  taken.add(slug)
  return slug
}

/** The same matrix with its values by rising mean shift to the others: what is like most comes first. */
function byDistance(matrix: ShiftMatrix): ShiftMatrix {
  const mean = (k: number): number => {
    const known = matrix.shift[k]!.filter((value, j) => value !== null && j !== k)
    return known.length > 0 ? known.reduce((sum: number, value) => sum + value!, 0) / known.length : Infinity
  }
  const means = matrix.values.map((_, k) => mean(k))
  const order = matrix.values.map((_, k) => k).sort((i, j) => means[i]! - means[j]! || i - j)
  const { chance } = matrix
  return {
    ...matrix,
    values: order.map((k) => matrix.values[k]!),
    models: order.map((k) => matrix.models[k]!),
    filters: order.map((k) => matrix.filters[k]!),
    shift: order.map((i) => order.map((j) => matrix.shift[i]![j]!)),
    ...(chance && { chance: order.map((i) => order.map((j) => chance[i]![j]!)) }),
  }
}

function basisRows({ bases }: ColumnStudy): Parameters<typeof ownBases>[0] {
  return bases
    .slice(0, MOST_ROWS)
    .flatMap(({ value, models, filters, components, explained_variance_ratio: ratio }) =>
      components === null || ratio === null
        ? []
        : [{ name: value ?? 'all', facts: plural(models, 'model'), filters, components, explained_variance_ratio: ratio }],
    )
}
