import * as v from 'valibot'
import type { Column } from '../arrow/column.ts'

// What the members of a group analysis can be. Each says what it is, and as what type of column a table holds it.

/** What is said of a member that a table can hold. */
export interface ColumnNote {
  readonly column: Exclude<Column['type'], 'bool'>
  readonly meaning: string
  /** It is a or b, for which tables say the group's name. */
  readonly isGroup?: boolean
}

const note = <Value>(column: ColumnNote['column'], meaning: string, more: Pick<ColumnNote, 'isGroup'> = {}) =>
  v.metadata<Value, ColumnNote & Record<string, unknown>>({ column, meaning, ...more })

const finite = v.pipe(v.number(), v.finite())
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A text. */
export const textIn = (meaning: string) => v.pipe(v.string(), note('utf8', meaning))
/** A text, or null. */
export const textOrNull = (meaning: string) => v.pipe(v.nullable(v.string()), note('utf8', meaning))
/** One of some words. */
export const wordIn = <const Words extends readonly string[]>(words: Words, meaning: string) =>
  v.pipe(v.picklist(words), note('utf8', meaning))
/** One of the two groups. */
export const sideIn = (meaning: string) => v.pipe(v.picklist(['a', 'b']), note('utf8', meaning, { isGroup: true }))
/** One of the two groups, or neither. */
export const sideOrNull = (meaning: string) =>
  v.pipe(v.nullable(v.picklist(['a', 'b'])), note('utf8', meaning, { isGroup: true }))
/** One of the two groups, or both. */
export const sideOrAll = (meaning: string) => v.pipe(v.picklist(['all', 'a', 'b']), note('utf8', meaning, { isGroup: true }))
/** How many: models, layers, pairs. */
export const countIn = (meaning: string) => v.pipe(whole, note('int32', meaning))
/** How many filters: more than 32 bits hold. */
export const filtersIn = (meaning: string) => v.pipe(whole, note('int64', meaning))
/** A finite number. */
export const numberIn = (meaning: string) => v.pipe(finite, note('float64', meaning))
/** A finite number, or null where it is undefined. */
export const numberOrNull = (meaning: string) => v.pipe(v.nullable(finite), note('float64', meaning))
/** A list of finite numbers. */
export const numbersIn = (meaning: string) => v.pipe(v.array(finite), note('float64_list', meaning))
/** A list of finite numbers, or null where it is undefined. */
export const numbersOrNull = (meaning: string) => v.pipe(v.nullable(v.array(finite)), note('float64_list', meaning))
/** Lists of finite numbers, or null; a table holds them one after the other. */
export const listsOrNull = (meaning: string) => v.pipe(v.nullable(v.array(v.array(finite))), note('float64_list', meaning))

/** What a schema says of itself as a column; undefined for one that no single column holds. */
export function columnNote(schema: v.GenericSchema): ColumnNote | undefined {
  const found = v.getMetadata(schema) as Partial<ColumnNote>
  return found.column === undefined ? undefined : (found as ColumnNote)
}

/** The schema of a member of an object or tuple, through null and checks; undefined when there is none. */
export function schemaMember(schema: v.GenericSchema, name: string): v.GenericSchema | undefined {
  const { wrapped, entries, items } = schema as {
    readonly wrapped?: v.GenericSchema
    readonly entries?: Readonly<Record<string, v.GenericSchema>>
    readonly items?: readonly v.GenericSchema[]
  }
  if (wrapped) return schemaMember(wrapped, name)
  return entries && Object.hasOwn(entries, name) ? entries[name] : items?.[Number(name)]
}

/** The names of an object's members that a column holds each. */
export function columnMembers(schema: v.GenericSchema): string[] {
  const { entries } = schema as { readonly entries?: Readonly<Record<string, v.GenericSchema>> }
  return Object.entries(entries ?? {}).flatMap(([name, member]) => (columnNote(member) ? [name] : []))
}

/** True when a schema takes null, itself or around what it checks further. */
export function takesNull(schema: v.GenericSchema): boolean {
  return v.is(schema, null)
}
