import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BasisRow, GroupReport } from '../../src/analysis/report-types.ts'
import { diskFolder } from '../../src/io/node.ts'
import { outputFolder } from '../../src/io/node-output.ts'
import { readGroups, readPairs, writeGroups } from '../../src/results/groups.ts'
import { readResults } from '../../src/results/tables-read.ts'
import { few, forged, reseal } from './forged.ts'
import { filterlens, inFolder } from './run.ts'

interface Told {
  readonly code: number | null
  readonly problems: readonly string[]
  readonly differences: readonly { readonly table: string; readonly row: string; readonly column: string }[]
  readonly notCompared: readonly string[]
  readonly remade: number
  readonly asTold: number
  readonly seed: number
}

async function verify(results: string, ...words: readonly string[]): Promise<Told> {
  const { code, out, err } = await filterlens(['verify', results, '--json', ...words])
  assert.is.not(code, 2, err)
  const told = JSON.parse(out)
  return {
    code,
    problems: told.problems,
    differences: told.differences,
    notCompared: told.not_compared,
    remade: told.files_remade,
    asTold: told.files_remade_from_unchecked_tables,
    seed: told.seed,
  }
}

test('metadata that nobody gave again is named as such, and found to be wrong when it is given', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '-o', results])
    const meta = (await readFile('data/meta.csv', 'utf8')).replace('39.1', '59.1')
    assert.is.not(meta, await readFile('data/meta.csv', 'utf8'))
    await writeFile(join(folder, 'lie.csv'), meta)
    const lie = join(folder, 'lie')
    await filterlens(['analyze', 'data', '--meta', join(folder, 'lie.csv'), '--pairs', 'data/pairs.csv', '-o', lie])

    const alone = await verify(lie, '--inputs', 'data')
    assert.is(alone.code, 0)
    assert.ok(alone.notCompared.some((text) => /metadata of the models \(Robust, .*--meta does it/.test(text)))
    assert.ok(alone.notCompared.some((text) => /6 pairs of models, .*--pairs does it/.test(text)))
    // What rests on the metadata does not count among the files that follow from the inputs.
    assert.equal([alone.remade, alone.asTold > 10], [5, true])

    for (const more of [[], ['--inputs', 'data']]) {
      const given = await verify(lie, ...more, '--meta', 'data/meta.csv')
      assert.is(given.code, 1)
      assert.equal(
        given.differences.map(({ table }) => table),
        ['models'],
      )
      assert.match(given.differences[0]!.column, /Accuracy/)
      assert.is((await verify(lie, ...more, '--meta', join(folder, 'lie.csv'))).code, 0)
    }
    const pairs = (await readFile('data/pairs.csv', 'utf8')).trimEnd().split('\n')
    await writeFile(join(folder, 'pairs.csv'), `${pairs.slice(0, -1).join('\n')}\n`)
    const fewer = await verify(results, '--pairs', join(folder, 'pairs.csv'))
    assert.equal([fewer.code, fewer.differences.map(({ table, row }) => `${table} ${row}`)], [1, ['pairs.json 5']])
  }))

test('bases and shifts that are exchanged are found without the models, although every hash is right', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '-o', results])
    const report = (await readGroups(diskFolder(results), results))!
    const pairs = await readPairs(diskFolder(results), results)
    const lies: Readonly<Record<string, (report: GroupReport) => GroupReport>> = {
      // The robust models get the basis of the normal ones, and the other way round.
      bases: ({ bases, ...rest }) => {
        const other = ({ group, dataset }: BasisRow): BasisRow =>
          bases.find((row) => row.dataset === dataset && row.group === (group === 'a' ? 'b' : group === 'b' ? 'a' : 'all'))!
        return {
          ...rest,
          bases: bases.map((row) => ({ ...other(row), group: row.group, models: row.models, filters: row.filters })),
        }
      },
      shift: ({ shift, ...rest }) => {
        const counted = shift.filter(({ counting, shift: value }) => counting === 'models' && value !== null)
        const [first, last] = [counted[0]!, counted.at(-1)!]
        return { ...rest, shift: shift.map((row) => (row === first ? { ...row, shift: last.shift } : row)) }
      },
      histograms: ({ coefficients, ...rest }) => ({
        ...rest,
        coefficients: {
          ...coefficients!,
          groups: coefficients!.groups.map((row, k) =>
            k === 0 ? { ...row, counts: [...row.counts.slice(1), row.counts[0]!.map((n) => 2 * n)] } : row,
          ),
        },
      }),
      groups: (whole) => ({ ...whole, groups: { ...whole.groups, b: { ...whole.groups.b, sparsity: 0 } } }),
    }
    for (const [what, lie] of Object.entries(lies)) {
      const output = join(folder, what)
      await cp(results, output, { recursive: true })
      await writeGroups(outputFolder(output), lie(report), pairs)
      await reseal(output)
      const told = await verify(output)
      assert.is(told.code, 1, what)
      assert.equal(told.problems, [], what)
      assert.ok(
        told.differences.every(({ table }) => /^groups/.test(table)),
        what,
      )
      if (what === 'shift')
        assert.ok(
          told.differences.some(({ row }) => row === 'shift of all, all'),
          JSON.stringify(told.differences),
        )
    }
    // Two tables under each other's names, while groups.json stays as it was.
    await rename(join(results, 'groups/bases.arrow'), join(results, 'x'))
    await rename(join(results, 'groups/shift.arrow'), join(results, 'groups/bases.arrow'))
    await rename(join(results, 'x'), join(results, 'groups/shift.arrow'))
    await reseal(results)
    const told = await verify(results)
    assert.is(told.code, 1)
    assert.equal([...new Set(told.differences.map(({ table }) => table))].sort(), ['groups/bases.arrow', 'groups/shift.arrow'])
  }))

test('a layer whose lists do not fit its kernel is named by verify, and refused in a sentence by what reads the table', () =>
  inFolder(async (folder) => {
    const none = { count: 0, mean: new Float64Array(0), scatter: new Float64Array(0) }
    const results = await forged(folder, (analysis) => ({
      ...analysis,
      layers: analysis.layers.map((row, k) => (k === 1 ? { ...row, scaled: none } : row)),
    }))
    const told = await verify(results)
    assert.is(told.code, 1)
    assert.is(told.problems.length, 1)
    assert.match(told.problems[0]!, /layers\.arrow: row 1: scaled_mean has 0 values for a kernel of 3x3; the table is damaged$/)
    for (const words of [
      ['report', results, '-o', join(folder, 'q.html')],
      ['export', results, '-o', join(folder, 'x')],
    ]) {
      const { code, err } = await filterlens(words)
      assert.is(code, 2, err)
      assert.match(err, /layers\.arrow: row 1: scaled_mean has 0 values for a kernel of 3x3/)
      assert.not.match(err, /fault of filterlens/)
    }
  }))

test('sums over layers, a report and a module that do not fit are found without the models', () =>
  inFolder(async (folder) => {
    const sums = await forged(folder, (analysis) => ({
      ...analysis,
      models: analysis.models.map((row, k) => (k === 1 ? { ...row, orthogonality: 0.99 } : row)),
    }))
    assert.equal(
      (await verify(sums)).differences.map(({ table, column }) => `${table} ${column}`),
      ['models.arrow orthogonality'],
    )
    const results = join(folder, 'results')
    await filterlens(['analyze', ...few, '--report', '-o', results])
    const text = await readFile(join(results, 'report.html'), 'utf8')
    await writeFile(join(results, 'report.html'), text.replace('<h1', '<h1 class="x"'))
    await reseal(results)
    assert.equal(
      (await verify(results)).differences.map(({ table }) => table),
      ['report.html'],
    )
    await writeFile(join(results, 'report.html'), text)

    await writeFile(join(results, 'kernel.wasm'), 'other code')
    await reseal(results)
    const { problems, code } = await verify(results)
    assert.is(code, 1)
    assert.match(problems[0]!, /^kernel\.wasm is not the module that parameters\.json names/)
  }))

test('a manifest that names nothing, or not all that every run writes, is that of no results', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', ...few, '-o', results])
    for (const paths of [
      [],
      ['models.arrow', 'layers.arrow', 'skipped.arrow', 'parameters.json'],
      ['kernel.wasm', 'parameters.json'],
    ]) {
      await reseal(results, paths)
      const { code, problems } = await verify(results)
      assert.is(code, 1)
      assert.match(problems[0]!, /^manifest\.sha256 does not name [\w.]+, which every run of filterlens writes$/)
      const report = await filterlens(['report', results, '-o', join(folder, 'r.html')])
      assert.is(report.code, 2)
      assert.match(report.err, /lies there but is not in manifest\.sha256: it is no part of these results/)
      assert.is((await filterlens(['pack', results, '-o', join(folder, 'r.zip')])).code, 2)
    }
  }))

test('inputs that the results do not hold are named, and so are those that are said to be broken', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', ...few, '-o', results])
    const { code, notCompared } = await verify(results, '--inputs', 'data')
    assert.is(code, 0)
    assert.ok(
      notCompared.some((text) =>
        /^10 inputs given and not in the results: \w+\.onnx, \w+\.onnx, \w+\.onnx and 7 more$/.test(text),
      ),
    )

    const lie = await forged(folder, (analysis) => ({
      ...analysis,
      models: analysis.models.slice(1),
      layers: analysis.layers.filter(({ model }) => model !== analysis.models[0]!.model),
      skipped: [],
      failed: [{ file: analysis.models[0]!.file, problem: 'is damaged' }],
    }))
    const told = await verify(lie, '--inputs', ...few)
    assert.is(told.code, 1)
    assert.match(
      told.problems.join('\n'),
      /vgg_w16_cifar10_normal\.onnx is left out of the results as broken \(is damaged\), and can be measured/,
    )
    const broken = join(folder, 'models')
    await mkdir(broken)
    await cp(few[0]!, join(broken, 'good.onnx'))
    await writeFile(join(broken, 'bad.onnx'), '<html>')
    const honest = join(folder, 'kept')
    await filterlens(['analyze', broken, '--keep-going', '-o', honest])
    assert.is((await verify(honest, '--inputs', broken)).code, 0)
    await rm(join(broken, 'bad.onnx'))
    assert.ok(
      (await verify(honest, '--inputs', broken)).notCompared.some((text) =>
        /1 input that could not be measured then and not given now/.test(text),
      ),
    )
  }))

test('a sample is drawn anew each time, and again by its seed; the number that was quoted is held against', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '-o', results])
    const [first, second] = [
      await verify(results, '--inputs', 'data', '--sample', '1'),
      await verify(results, '--inputs', 'data', '--sample', '1'),
    ]
    assert.equal([first.code, second.code], [0, 0])
    assert.is.not(first.seed, second.seed)
    assert.ok(first.notCompared.some((text) => /the other 11 of 12 inputs: a sample was drawn/.test(text)))
    const seeds = (text: string): string => /--seed (\d+) draws it again/.exec(text)![1]!
    const shown = await filterlens(['verify', results, '--inputs', 'data', '--sample', '1', '--seed', '7'])
    assert.is(seeds(shown.out), '7')

    const number = (await readFile(join(results, 'results.sha256'), 'utf8')).trim()
    assert.is((await verify(results, '--expect', number)).code, 0)
    const other = await verify(results, '--expect', 'f'.repeat(64))
    assert.is(other.code, 1)
    assert.match(other.problems[0]!, /^results\.sha256 is [0-9a-f]{64}, not f{64}: these are not the results that were quoted$/)
    const none = await filterlens(['verify', results, '--expect', 'abc'])
    assert.equal([none.code, none.out], [2, ''])
  }))

test('a bit that turned is refused by everything that opens results', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '-o', results])
    for (const path of ['layers.arrow', 'models.arrow', 'groups.json', 'first_filters.arrow', 'manifest.sha256']) {
      const bytes = await readFile(join(results, path))
      const turned = Uint8Array.from(bytes)
      turned[bytes.length >> 1]! ^= 1
      await writeFile(join(results, path), turned)
      for (const words of [
        ['report', results, '-o', join(folder, 'r.html')],
        ['export', results, '-o', join(folder, 't')],
        ['pack', results, '-o', join(folder, 'r.zip')],
        ['view', '--no-open', results],
      ]) {
        if (words[0] === 'export' && path === 'first_filters.arrow') continue // it reads no such table
        const { code, err } = await filterlens(words)
        assert.is(code, 2, `${words[0]} ${path}`)
        assert.match(
          err,
          path.startsWith('manifest') ? /manifest\.sha256/ : new RegExp(`${path.replace('.', '\\.')}:? has been changed`),
          `${words[0]} ${path}`,
        )
      }
      await writeFile(join(results, path), bytes)
    }
    // Tables that were copied out, without the hashes, are read as they are.
    await mkdir(join(folder, 'copied'))
    for (const path of ['layers.arrow', 'models.arrow', 'skipped.arrow'])
      await cp(join(results, path), join(folder, 'copied', path))
    assert.is((await filterlens(['export', join(folder, 'copied'), '-o', join(folder, 't')])).code, 0)
    assert.is((await readResults(diskFolder(join(folder, 'copied')), 'copied')).layers.length, 100)
  }))

test.run()
