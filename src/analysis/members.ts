import type { MetaValue } from '../database/meta.ts'
import { InputError, UsageError } from '../errors.ts'
import type { ModelRow } from '../measure/model-row.ts'
import type { Pair } from './pairs.ts'

/** Two groups by name, each with its models. Group a is the reference. */
export interface GroupChoice {
  readonly a: { readonly name: string; readonly models: readonly string[] }
  readonly b: { readonly name: string; readonly models: readonly string[] }
}

/** A model as the groups' analysis sees it. */
export interface Member {
  /** Its number in the table of models: statistics of all members are arrays by it. */
  readonly index: number
  readonly row: ModelRow
  /** Null for a model that is in neither group. */
  readonly group: 'a' | 'b' | null
  /** It is in the pools that bases, histograms and shifts are made of: with pairs between the groups those in one, else all of both. */
  readonly pooled: boolean
  readonly dataset: string | null
  readonly architecture: string | null
  readonly clean_accuracy: number | null
  readonly robust_accuracy: number | null
}

export interface Membership {
  readonly names: { readonly a: string; readonly b: string }
  readonly members: readonly Member[]
  readonly warnings: readonly string[]
}

/** What columns of the usual meanings are called. */
export const knownColumns = {
  robust: ['Robust'],
  dataset: ['Training-Dataset', 'Training Dataset', 'Dataset'],
  architecture: ['Backbone', 'Architecture', 'Arch', 'Network'],
  clean: ['Clean Accuracy', 'clean_accuracy', 'Clean-Accuracy', 'clean_acc'],
  robustAccuracy: ['Robust Accuracy', 'robust_accuracy', 'Robust-Accuracy', 'robust_acc'],
}

/** The value of the first of some columns that a model has, whatever the case of its name. */
export function metaValue(meta: Readonly<Record<string, MetaValue>>, names: readonly string[]): MetaValue {
  for (const name of names) {
    const key = Object.keys(meta).find((column) => column.toLowerCase() === name.toLowerCase())
    if (key !== undefined && meta[key] !== null && meta[key] !== undefined) return meta[key]
  }
  return null
}

/**
 * Puts every model into its group: by `choice` where given, else by the metadata column Robust, else by its side in the pairs.
 * Data set and architecture come from the pairs where a model is in one, else from its metadata.
 * @throws InputError when pairs and metadata contradict each other, or a chosen model was not read
 * @throws UsageError when nothing defines two groups
 */
export function assignMembers(models: readonly ModelRow[], pairs: readonly Pair[], choice?: GroupChoice): Membership {
  const pairOf = new Map<string, { pair: Pair; side: 'a' | 'b' }>()
  for (const pair of pairs)
    for (const side of ['a', 'b'] as const) if (!pairOf.has(pair[side])) pairOf.set(pair[side], { pair, side })
  const chosen = choice && choiceOf(choice, new Set(models.map(({ model }) => model)))

  const groups = new Map(
    models.map((row) => [
      row.model,
      chosen ? (chosen.get(row.model) ?? null) : groupOf(row, pairOf.get(row.model)?.side ?? null),
    ]),
  )
  const between = pairs.filter(({ a, b }) => groups.get(a) === 'a' && groups.get(b) === 'b')
  const paired = between.length > 0 ? new Set(between.flatMap(({ a, b }) => [a, b])) : undefined
  const members = models.map((row, index): Member => {
    const inPair = pairOf.get(row.model)
    const group = groups.get(row.model)!
    return {
      index,
      row,
      group,
      pooled: group !== null && (paired?.has(row.model) ?? true),
      dataset: inPair?.pair.dataset ?? textOf(metaValue(row.meta, knownColumns.dataset)),
      architecture: inPair?.pair.architecture ?? textOf(metaValue(row.meta, knownColumns.architecture)),
      clean_accuracy: numberOf(metaValue(row.meta, knownColumns.clean)),
      robust_accuracy: numberOf(metaValue(row.meta, knownColumns.robustAccuracy)),
    }
  })
  const names = { a: choice?.a.name ?? 'normal', b: choice?.b.name ?? 'robust' }
  if (members.every(({ group }) => group === null))
    throw new UsageError('two groups are needed: give pairs, a metadata column "Robust", or two lists of models')
  return { names, members, warnings: warningsOf(members, pairs, names) }
}

function choiceOf(choice: GroupChoice, known: ReadonlySet<string>): Map<string, 'a' | 'b'> {
  const chosen = new Map<string, 'a' | 'b'>()
  for (const side of ['a', 'b'] as const) {
    for (const model of choice[side].models) {
      if (!known.has(model)) throw new InputError(model, `was not read, so it cannot be in the group ${choice[side].name}`)
      if (chosen.get(model) && chosen.get(model) !== side)
        throw new InputError(model, `is in both groups, ${choice.a.name} and ${choice.b.name}`)
      chosen.set(model, side)
    }
  }
  return chosen
}

/** The side that a value of the column Robust says: true, 1, yes or robust are b, false, 0, no or normal are a; others neither. */
export function robustOf(value: MetaValue): 'a' | 'b' | null {
  const text = String(value).trim().toLowerCase()
  if (['true', '1', 'yes', 'robust'].includes(text)) return 'b'
  return ['false', '0', 'no', 'normal'].includes(text) ? 'a' : null
}

function groupOf(row: ModelRow, side: 'a' | 'b' | null): 'a' | 'b' | null {
  const value = metaValue(row.meta, knownColumns.robust)
  const byMeta = robustOf(value)
  if (side !== null && byMeta !== null && side !== byMeta) {
    const word = side === 'a' ? 'normal' : 'robust'
    throw new InputError(
      row.model,
      `is the ${word} model of a pair, but its metadata says Robust = ${String(value)}; correct one of the two tables`,
    )
  }
  return byMeta ?? side
}

function warningsOf(members: readonly Member[], pairs: readonly Pair[], names: { a: string; b: string }): string[] {
  const listed = (list: readonly Member[]): string =>
    list
      .slice(0, 3)
      .map(({ row }) => row.model)
      .join(', ') + (list.length > 3 ? ` and ${list.length - 3} more` : '')
  const warnings: string[] = []
  const outside = members.filter(({ group }) => group === null)
  if (outside.length > 0) warnings.push(`in neither group, ${names.a} or ${names.b}, and left out: ${listed(outside)}`)
  const unpaired = members.filter(({ group, pooled }) => group !== null && !pooled)
  if (unpaired.length > 0)
    warnings.push(
      `in no pair, and so in no basis, histogram or shift (${unpaired.length} of ${members.length}): ${listed(unpaired)}`,
    )
  const sides = new Map(members.map(({ row, group }) => [row.model, group]))
  const astray = pairs.filter(({ a, b }) => sides.get(a) !== 'a' || sides.get(b) !== 'b')
  if (astray.length > 0)
    warnings.push(`${astray.length} pairs are not between the groups ${names.a} and ${names.b}, and are left out`)
  for (const side of ['a', 'b'] as const)
    if (!members.some(({ group }) => group === side)) warnings.push(`the group ${names[side]} has no model`)
  const known = members.filter(({ group }) => group !== null)
  if (known.every(({ clean_accuracy, robust_accuracy }) => clean_accuracy === null && robust_accuracy === null))
    warnings.push('no model has a "Clean Accuracy" or "Robust Accuracy", so nothing is correlated with them')
  return warnings
}

const textOf = (value: MetaValue): string | null => (value === null || value === '' ? null : String(value))
const numberOf = (value: MetaValue): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
