import { sidesOf } from '../kernel-size.ts'
import { squaredFrequencies } from './cosines.ts'
import type { Metric } from './metric.ts'
import { energyShare, type FilterSums, secondMoment, withoutEnergy } from './second-moment.ts'

export const frequency = {
  name: 'frequency',
  label: { long: 'frequency', short: 'frequency' },
  meaning: 'mean squared spatial frequency of the filters, weighted by energy: 0 is constant, 1 is the finest checkerboard',
  formula:
    'Σ (u² + v²)·E_uv / (2(k − 1)²), E_uv the energy shares of the orthonormal DCT-II coefficients; of unequal sides each over its own square, and a side of 1 is left out',
  source: 'filterlens; discrete cosine transform of type II',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: {
    words: '(2k − 1) / (6(k − 1)): 0.4167 for 3×3',
    level({ kernel }) {
      const sides = sidesOf(kernel).filter((side) => side > 1)
      return sides.length === 0 ? null : sides.reduce((sum, side) => sum + (2 * side - 1) / (6 * (side - 1)), 0) / sides.length
    },
  },
  undefinedWhen: withoutEnergy,
  needs: ['raw', 'taps', 'filters', 'height', 'width'],
  compute: (layer) =>
    energyShare(layer, ({ height, width }) => {
      const sides = (height > 1 ? 1 : 0) + (width > 1 ? 1 : 0)
      const down = height > 1 ? alongColumns(layer, squaredFrequencies(height)) : 0
      const across = width > 1 ? alongRows(layer, squaredFrequencies(width)) : 0
      return sides === 0 ? 0 : (down + across) / sides
    }),
  overall: { rule: 'mean', words: 'mean weighted by filters', weight: (layer) => layer.filters },
  inOlderTables: 'computed',
  compared: {
    family: 'shape',
    axis: 'frequency (0 to 1)',
    more: 'have filters of higher frequency',
    less: 'have filters of lower frequency',
  },
} as const satisfies Metric

function alongColumns(layer: FilterSums, weights: Float64Array): number {
  const { height, width } = layer
  let sum = 0
  for (let x = 0; x < width; x++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < height; j++) sum += weights[i * height + j]! * secondMoment(layer, i * width + x, j * width + x)
  return sum
}

function alongRows(layer: FilterSums, weights: Float64Array): number {
  const { height, width } = layer
  let sum = 0
  for (let y = 0; y < height; y++)
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) sum += weights[i * width + j]! * secondMoment(layer, y * width + i, y * width + j)
  return sum
}
