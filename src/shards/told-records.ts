import * as v from 'valibot'
import { rowProblem } from '../arrow/fields.ts'
import { provenanceFields } from '../database/provenance.ts'
import { type ModelRow, skippedFields } from '../measure/model-row.ts'
import { recordValue } from '../results/records.ts'
import type { Skipped } from '../sources/source.ts'

/** What a record tells that is no layer. */
export interface ToldRecord {
  readonly kind: string
  readonly model: string
}

/** What a part tells of a model when its layers have been told. */
export interface ToldModel extends ToldRecord {
  readonly kind: 'model'
  /** Where it came from, and its own metadata. */
  readonly origin: Omit<ModelRow, 'layers' | 'filters'>
  /** Of the first piece of its input all that is not measured; of the others what turned out so. */
  readonly skipped: readonly Skipped[]
  readonly found: number
}

/** What a part tells of a model that failed. */
export interface ToldFailure extends ToldRecord {
  readonly kind: 'failed'
  readonly file: string
  readonly problem: string
}

const object = v.looseObject({})
const metaSchema = v.record(v.string(), v.nullable(v.union([v.string(), v.number(), v.boolean()])))
const toldSchema = v.variant('kind', [
  v.object({
    kind: v.literal('model'),
    model: v.string(),
    origin: v.looseObject({ meta: metaSchema }),
    skipped: v.array(object),
    found: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
  v.object({ kind: v.literal('failed'), model: v.string(), file: v.string(), problem: v.string() }),
])

const { model: _, ...skippedPlaces } = skippedFields

/** What a record that was read from a file tells of a model; what is wrong with it where it tells nothing. */
export function toldInRecord(text: string): ToldModel | ToldFailure | { readonly damage: string } {
  const read = recordValue(toldSchema, text, 'tells of no model')
  if ('problem' in read) return { damage: read.problem }
  const told = read.value as unknown as ToldModel | ToldFailure
  if (told.kind === 'failed') return told
  const { meta: _meta, ...origin } = told.origin
  const problem = rowProblem(provenanceFields, origin) ?? firstProblem(told.skipped)
  if (problem !== undefined) return { damage: `model ${told.model}: ${problem}` }
  return origin.model === told.model ? told : { damage: `model ${told.model} has the origin of another` }
}

function firstProblem(skipped: readonly Skipped[]): string | undefined {
  for (const one of skipped) {
    const problem = rowProblem(skippedPlaces, one, 'skipped_')
    if (problem !== undefined) return problem
  }
  return undefined
}
