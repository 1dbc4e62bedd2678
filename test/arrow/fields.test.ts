import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { batchOf, schemaOf } from '../../src/arrow/columns.ts'
import {
  coded,
  columnsOf,
  describeColumns,
  type Fields,
  listField,
  numberField,
  optional,
  plainNames,
  type RowOf,
  readRows,
  textField,
} from '../../src/arrow/fields.ts'
import { readArrowTable } from '../../src/arrow/table.ts'
import { arrowFileBytes } from '../../src/arrow/writer.ts'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'

const fields = {
  name: textField('what it is called', 'the test'),
  size: optional(numberField('int32', 'how large it is', 'the test', 'cm')),
  tags: coded(
    optional(textField('words about it', 'the test')),
    (tags: readonly string[] | undefined) => tags?.join(' ') ?? null,
    (cell): readonly string[] | undefined => cell?.split(' '),
  ),
  moments: {
    fields: { count: numberField('int64', 'how many', 'the test'), values: listField('each', 'the test') },
    problem: ({ count, values }: { count: number; values: Float64Array }, name: string) =>
      values.length === count ? undefined : `${name}_values has ${values.length} values, not ${count}`,
  },
} as const satisfies Fields

type Row = RowOf<typeof fields>

const rows: readonly Row[] = [
  { name: 'one', size: 3, tags: ['a', 'b'], moments: { count: 2, values: Float64Array.of(1, 2) } },
  { name: 'two', size: null, moments: { count: 0, values: new Float64Array(0) } },
]

async function tableOf(some: readonly Row[], leaveOut?: string) {
  const columns = columnsOf(fields, some).filter(({ name }) => name !== leaveOut)
  const schema = schemaOf(columns)
  return readArrowTable(memoryAccess('t', arrowFileBytes(schema, [batchOf(schema, columns)])))
}

test('rows come back as they were; a member that a row does not have stays absent', async () => {
  const back = readRows(fields, await tableOf(rows))
  assert.equal(back, rows)
  assert.is('tags' in back[1]!, false)
})

test('columns: nested members by both names, in the order of the fields', () => {
  assert.equal(
    describeColumns(fields).map(({ name, type, nullable, unit }) => [name, type, nullable, unit]),
    [
      ['name', 'utf8', false, undefined],
      ['size', 'int32', true, 'cm'],
      ['tags', 'utf8', true, undefined],
      ['moments_count', 'int64', false, undefined],
      ['moments_values', 'float64_list', false, undefined],
    ],
  )
  assert.equal(plainNames(fields), ['name', 'size'])
})

test('a column that is not there and a record that does not fit are refused with their place', async () => {
  const refused = async (some: readonly Row[], pattern: RegExp, leaveOut?: string): Promise<void> => {
    const table = await tableOf(some, leaveOut)
    try {
      readRows(fields, table)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, InputError)
      assert.match((error as Error).message, pattern)
    }
  }
  await refused(rows, /has no column size/, 'size')
  await refused(
    [rows[0]!, { ...rows[1]!, moments: { count: 1, values: new Float64Array(0) } }],
    /row 1: moments_values has 0 values, not 1/,
  )
})

test.run()
