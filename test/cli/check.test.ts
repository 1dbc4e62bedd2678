// The gate: what does not pass, and in which formats it is said.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { validateXML } from 'xmllint-wasm'
import { convolution, safetensors } from '../measure/models.ts'
import { packageFile } from '../packages.ts'
import { filterlens, inFolder, projectFolder } from './run.ts'
import { healthyModel, sickModel, worseModel } from './sick-model.ts'

interface Found {
  readonly rule: string
  readonly layer: string
  readonly metric: string | null
  readonly message: string
}
interface Told {
  readonly passed: boolean
  readonly layers: number
  readonly ignored_layers: number
  readonly violations: readonly Found[]
  readonly failed: readonly object[]
}

const withModels = (work: (folder: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'models'))
    await writeFile(join(folder, 'models/good net.safetensors'), healthyModel)
    await writeFile(join(folder, 'models/sick.safetensors'), sickModel)
    await writeFile(join(folder, 'worse.safetensors'), worseModel)
    await work(folder)
  })

async function told(words: readonly string[], cwd: string): Promise<Told & { code: number | null; err: string }> {
  const { code, out, err } = await filterlens(['check', ...words, '--json'], { cwd })
  assert.ok(out !== '', err)
  return { ...(JSON.parse(out) as Told), code, err }
}
const short = ({ violations }: Told): string[] =>
  violations.map(({ rule, layer, metric }) => `${rule} ${layer.replace('.weight', '')} ${metric}`)

test('without limits the flags are the gate, those of analyze, and NaN is a finding', () =>
  withModels(async (cwd) => {
    const { code, passed, layers, violations } = await told(['models'], cwd)
    assert.equal([code, passed, layers], [1, false, 7])
    const listed = short({ violations } as Told)
    assert.ok(listed.includes('flag features.1 sparsity'), listed.join())
    assert.ok(listed.includes('flag features.2 orthogonality'), listed.join())
    assert.ok(listed.includes('not-finite features.4 null'), listed.join())
    const analyzed = await filterlens(['analyze', 'models', '--skip-non-finite', '--json'], { cwd })
    const rows = (JSON.parse(analyzed.out) as { layers: { flags: Record<string, string> }[] }).layers
    assert.equal(
      rows.flatMap(({ flags }) => Object.values(flags)).sort(),
      violations
        .filter(({ rule }) => rule === 'flag')
        .map(({ message }) => message)
        .sort(),
    )
    const good = await told(['models/good net.safetensors'], cwd)
    assert.equal([good.code, good.passed, good.violations.length], [0, true, 0])
  }))

test('a depthwise layer is held to no smallest orthogonality, by a limit as by the flags', () =>
  withModels(async (cwd) => {
    const { violations, err } = await told(['models/good net.safetensors', '--min-orthogonality', '0.999'], cwd)
    assert.equal(short({ violations } as Told), ['limit features.0 orthogonality', 'limit features.1 orthogonality'])
    assert.match(err, /1 layer has more channels than weights in each, so no orthogonality is asked of them/)
  }))

test('limits replace the flags, --flags adds them; --ignore leaves layers out, and says when it fits none', () =>
  withModels(async (cwd) => {
    const lax = ['models/sick.safetensors', '--max-sparsity', '0.99']
    assert.equal(short(await told(lax, cwd)), ['not-finite features.4 null'])
    assert.ok((await told([...lax, '--flags'], cwd)).violations.length > 1)
    const ignoring = await told([...lax, '--ignore', '*.4.*', 'sick/features.9*'], cwd)
    assert.equal([ignoring.code, ignoring.ignored_layers, ignoring.layers], [0, 1, 3])
    assert.match(ignoring.err, /no layer is called sick\/features\.9\*, which is to be ignored/)
  }))

test('filterlens.config.json: limits by patterns, the last that fits holds, the command line before all', () =>
  withModels(async (cwd) => {
    const config = {
      limits: { '*': { max_sparsity: 0.1 }, 'features.1*': { max_sparsity: 1 } },
      ignore: ['*.4.weight'],
    }
    await writeFile(join(cwd, 'filterlens.config.json'), JSON.stringify(config))
    const own = await told(['models/sick.safetensors'], cwd)
    assert.equal([own.code, own.violations, own.ignored_layers], [0, [], 1])
    assert.match(own.err, /limits of filterlens\.config\.json/)
    assert.equal(short(await told(['models/sick.safetensors', '--max-sparsity', '0.1'], cwd)), ['limit features.1 sparsity'])
    await writeFile(join(cwd, 'other.json'), '{"limits": {"*": {"max_sparsty": 0.1}}, "ignor": []}')
    const wrong = await filterlens(['check', 'models', '--config', 'other.json'], { cwd })
    assert.is(wrong.code, 2)
    assert.match(wrong.err, /^filterlens: other\.json: limits → \* → max_sparsty is not known; did you mean max_sparsity\?; /)
    assert.match(wrong.err, /ignor is not known; did you mean ignore\?\n$/)
    await writeFile(join(cwd, 'other.json'), '{"limits": {"*": {"sparsity": 0.1}}, "tolerance": {"max_sparsity": 0.1}}')
    assert.match(
      (await filterlens(['check', 'models', '--config', 'other.json'], { cwd })).err,
      /sparsity is not known; known are max_sparsity, min_entropy and min_orthogonality; /,
    )
    await writeFile(join(cwd, 'other.json'), '{"limits": ')
    assert.match((await filterlens(['check', 'models', '--config', 'other.json'], { cwd })).err, /other\.json: is no JSON: /)
  }))

test('a baseline: a model, a folder of them or results; worse by more than the tolerance does not pass', () =>
  withModels(async (cwd) => {
    const good = 'models/good net.safetensors'
    const worse = await told(['worse.safetensors', '--baseline', good], cwd)
    assert.is(worse.code, 1)
    assert.ok(short(worse).includes('baseline features.1 sparsity'), short(worse).join())
    assert.ok(worse.violations.every(({ layer }) => layer === 'features.1.weight'))
    assert.match(worse.violations[0]!.message, /^sparsity is 50\.0\u2009%, in the baseline 0\.4\u2009% \(\+49\.6 points\)$/)
    assert.is((await told(['worse.safetensors', '--baseline', good, '--tolerance', '1'], cwd)).code, 0)
    assert.is((await told([good, '--baseline', 'worse.safetensors'], cwd)).code, 0)
    assert.is((await filterlens(['analyze', good, '-o', 'results'], { cwd })).code, 0)
    assert.equal(short(await told(['worse.safetensors', '--baseline', 'results'], cwd)), short(worse))
    const folder = await filterlens(['check', 'worse.safetensors', '--baseline', 'models'], { cwd })
    assert.equal([folder.code, folder.out], [2, ''])
    assert.match(
      folder.err,
      /^filterlens: --baseline models: nothing here can be compared with it: worse is not in the baseline$/m,
    )
    const both = await told([good, 'worse.safetensors', '--baseline', 'models'], cwd)
    assert.is(both.code, 0)
    assert.match(both.err, /worse is not in the baseline/)
  }))

test('JUnit: valid by the schema, a suite a model, a case a layer, a broken file an error', () =>
  withModels(async (cwd) => {
    await writeFile(join(cwd, 'models/<broken> & "cut".safetensors'), healthyModel.subarray(0, 300))
    const { code, out } = await filterlens(['check', 'models', '--keep-going', '--format', 'junit'], { cwd })
    assert.is(code, 1)
    const schema = await readFile(join(projectFolder, 'test/fixtures/schemas/junit.xsd'), 'utf8')
    const { valid, errors } = await validateXML({
      xml: { fileName: 'junit.xml', contents: out },
      schema: { fileName: 'junit.xsd', contents: schema },
    })
    assert.ok(valid, errors.map(({ message }) => message).join('\n'))
    assert.match(out, /name="models\/sick\.safetensors" [^>]* tests="4" failures="3" errors="0"/)
    assert.match(out, /<failure type="not-finite" message="the weight at index 7 is NaN: /)
    assert.match(out, /name="&lt;broken&gt; &amp; &quot;cut&quot;\.safetensors" [^>]* errors="1"/)
    assert.is(out.match(/<testcase /g)?.length, 8)
  }))

test('SARIF: valid by the schema of 2.1.0; the file is the place, the layer the logical location', () =>
  withModels(async (cwd) => {
    const { code, out } = await filterlens(
      ['check', 'models', 'worse.safetensors', '--format', 'sarif', '--min-orthogonality', '0.999', '--flags'],
      { cwd },
    )
    assert.is(code, 1)
    const log = JSON.parse(out)
    const Ajv = createRequire(import.meta.url)('ajv')
    const schema = JSON.parse(await readFile(packageFile('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'))
    const ajv = new Ajv({ allErrors: true, schemaId: 'auto' })
    ajv.addMetaSchema(JSON.parse(await readFile(packageFile('ajv/lib/refs/json-schema-draft-04.json'), 'utf8')))
    const validate = ajv.compile(schema)
    assert.ok(validate(log), JSON.stringify(validate.errors, null, 2))
    const results = log.runs[0].results as {
      ruleId: string
      locations: { physicalLocation: { artifactLocation: { uri: string } }; logicalLocations: { fullyQualifiedName: string }[] }[]
    }[]
    assert.equal([...new Set(results.map(({ ruleId }) => ruleId))].sort(), ['flag', 'limit', 'not-finite'])
    const addresses = new Set(results.map(({ locations }) => locations[0]!.physicalLocation.artifactLocation.uri))
    assert.ok(addresses.has('models/good%20net.safetensors') && addresses.has('models/sick.safetensors'), [...addresses].join())
    assert.ok(results.some(({ locations }) => locations[0]!.logicalLocations[0]!.fullyQualifiedName === 'sick/features.4.weight'))
  }))

test('GitHub: a workflow command a finding, escaped as its documentation says; other formats go to files', () =>
  withModels(async (cwd) => {
    await mkdir(join(cwd, 'a,b'))
    await writeFile(join(cwd, 'a,b/50%:x.safetensors'), sickModel)
    const formats = ['--format', 'github', '--format', 'sarif=out/net.sarif', '--format', 'text=net.txt']
    const { code, out } = await filterlens(['check', 'a,b/50%:x.safetensors', ...formats], { cwd })
    assert.is(code, 1)
    const lines = out.trimEnd().split('\n')
    for (const line of lines)
      assert.match(line, /^::error file=a%2Cb\/50%25%3Ax\.safetensors,title=filterlens%3A features\.\d\.weight::features/)
    assert.match(lines.join('\n'), /::features\.1\.weight: \d\d\.\d %25 of the filters are close to zero/)
    assert.is(JSON.parse(await readFile(join(cwd, 'out/net.sarif'), 'utf8')).version, '2.1.0')
    assert.match(await readFile(join(cwd, 'net.txt'), 'utf8'), /3 of 4 layers do not pass\n$/)
    const good = await filterlens(['check', 'models/good net.safetensors', '--format', 'github'], { cwd })
    assert.equal([good.code, good.out], [0, 'filterlens: nothing to report on 3 layers\n'])
  }))

test('GitHub: control characters of names are shown as everywhere, none reaches the log', () =>
  inFolder(async (cwd) => {
    const name = 'a\u001b[31m\u0007\0\u202e\u009bb\r\nc%'
    await writeFile(join(cwd, 'net.safetensors'), safetensors([convolution(`${name}.weight`, [8, 4, 3, 3], 1)]))
    const { code, out } = await filterlens(['check', '--min-entropy', '0.95', 'net.safetensors', '--format', 'github'], { cwd })
    assert.is(code, 1)
    assert.not.match(out.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
    const shown = String.raw`a\u{1b}[31m\u{7}\u{0}\u{202e}\u{9b}b\u{d}\u{a}c%25.weight`
    for (const line of out.trimEnd().split('\n')) assert.ok(line.startsWith('::error ') && line.includes(`::${shown}: `), line)
  }))

test('a format that is not known, has no file, or stands beside another on standard output is refused', async () => {
  for (const [words, sentence] of [
    [['--format', 'xml'], /^filterlens: --format xml: give text, json, github, junit or sarif/],
    [['--format', 'junit='], /^filterlens: --format junit=: give/],
    [['--format', 'junit', '--json'], /^filterlens: --format: junit and json would be printed into one another/],
  ] as const) {
    const { code, err } = await filterlens(['check', 'data', ...words])
    assert.is(code, 2)
    assert.match(err, sentence)
  }
})

test.run()
