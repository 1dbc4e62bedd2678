import { InputError } from '../errors.ts'
import { matchName, nearestName } from './match-name.ts'
import type { Pair, PairTable } from './pairs.ts'

/**
 * The pairs with the names of models that were read.
 * @throws InputError for a pair that names a model which was not read, and for a model that is robust in one pair and normal in another
 * @example
 * const table = parsePairs('pairs.csv', await readFile('models/pairs.csv', 'utf8'))
 * const { models } = await analyze(await listInputs(['models/']))
 * console.log(joinPairs(models.map(({ model }) => model), table))
 */
export function joinPairs(models: readonly string[], table: PairTable): Pair[] {
  const find = matchName(models)
  const resolve = (name: string, line: number): string => {
    const model = find(name)
    if (model !== undefined) return model
    const near = nearestName(name, models)
    throw new InputError(
      table.file,
      `line ${line} names the model "${name}", which is not among the ${models.length} that were read${near === undefined ? '' : `; is it "${near}"?`}`,
    )
  }
  const sides = new Map<string, { side: 'a' | 'b'; line: number }>()
  return table.rows.map(({ line, a, b, architecture, dataset }) => {
    const pair = { a: resolve(a, line), b: resolve(b, line), architecture, dataset }
    for (const side of ['a', 'b'] as const) {
      const before = sides.get(pair[side])
      if (before !== undefined && before.side !== side)
        throw new InputError(
          table.file,
          `the model "${pair[side]}" is ${word(before.side)} in line ${before.line} and ${word(side)} in line ${line}`,
        )
      if (before === undefined) sides.set(pair[side], { side, line })
    }
    return pair
  })
}

const word = (side: 'a' | 'b'): string => (side === 'a' ? 'normal' : 'robust')
