import * as assert from 'uvu/assert'
import type { SourceModel } from '../../../src/sources/source.ts'
import { referenceWeights } from './reference-weights.ts'

/** A layer with its weights as its framework computes them. */
export interface ComputedLayer {
  /** Absent where the names are not compared. */
  readonly layer?: string
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** Holds a model's layers against those of its framework: weights that are computed agree to a few roundings of float32. */
export async function assertCloseWeights(
  { convolutions }: SourceModel,
  expected: readonly ComputedLayer[],
  title: string,
): Promise<void> {
  assert.is(convolutions.length, expected.length, title)
  for (const [k, { layer, shape, values }] of expected.entries()) {
    const found = convolutions[k]!
    if (layer !== undefined) assert.is(found.layer, layer, title)
    assert.equal([...found.shape], [...shape], `${title} ${found.layer}`)
    const weights = await referenceWeights(found.weights, found.shape)
    const largest = Math.max(...values.map(Math.abs))
    for (const [at, value] of values.entries())
      assert.ok(Math.abs(weights[at]! - value) <= 2e-6 * largest, `${title} ${found.layer}[${at}]: ${weights[at]} for ${value}`)
  }
}
