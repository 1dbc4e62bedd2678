// What is typed by mistake, and the answer: one sentence that says what to do, exit code 2, nothing on standard output.
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder, projectFolder } from './run.ts'

const mistakes: readonly (readonly [typed: string, answer: RegExp])[] = [
  ['analyse net.onnx', /^analyse is neither a command nor a file; did you mean filterlens analyze\?$/],
  ['chek net.onnx', /did you mean filterlens check\?$/],
  ['help analyse', /did you mean filterlens analyze\?$/],
  ['frobnicate', /^frobnicate is neither a command nor a file; filterlens --help lists the commands$/],
  ['nothere.pth', /^nothere\.pth: there is no such file or folder$/],
  ['analyze nothere.pth', /^nothere\.pth: there is no such file or folder$/],
  ['analyze *.pth', /^\*\.pth: /],
  ['analyze', /^filterlens analyze <inputs\.\.>: something is missing; filterlens analyze --help has examples$/],
  ['report', /^filterlens report <results>: something is missing; /],
  ['report a b', /^b is one too many: filterlens report <results> takes 1 name$/],
  ['check net.onnx --max-sparsty 0.5', /^--max-sparsty is not an option of filterlens check; did you mean --max-sparsity\?$/],
  ['check net.onnx --min-entrpy=0.5', /did you mean --min-entropy\?$/],
  ['analyze net.onnx --jsn', /^--jsn is not an option of filterlens analyze; did you mean --json\?$/],
  ['analyze net.onnx --keepgoing', /did you mean --keep-going\?$/],
  ['analyze net.onnx -z', /^-z is not an option of filterlens analyze$/],
  ['--versio', /^--versio is not an option; did you mean --version\?$/],
  ['check net.onnx --max-sparsity=abc', /^--max-sparsity abc: give a number from 0 to 1$/],
  ['check net.onnx --max-sparsity 50', /^--max-sparsity 50: give a number from 0 to 1$/],
  ['analyze net.onnx --kernel 3', /^--kernel 3: give rows x columns, such as 3x3, or all$/],
  ['analyze net.onnx --workers 0', /^--workers 0: give a whole number from 1 to 64$/],
  ['analyze net.onnx --profile paper', /^--profile paper: give cvprw22, cvpr22 or torchconvquality$/],
  ['export results --format xls', /^--format xls: give csv, .* or \w+$/],
  ['analyze net.onnx --json --csv', /^--json and --csv exclude each other; give one of them$/],
  ['analyze net.onnx -o', /^-o needs a value$/],
  ['analyze net.onnx -o ""', /^--output is empty; give it a value$/],
  ['analyze net.onnx -o /proc/x', /^\/proc\/x: cannot be used: no folder can be made there$/],
  ['analyze net.onnx -o a -o b', /^--output is given 2 times; give it once$/],
  ['analyze net.onnx --report', /^--report needs a folder for the results: add -o results$/],
  ['compare net.onnx other.onnx', /^--with says what .* missing: filterlens compare net.onnx --with other.onnx$/],
  ['compare net.onnx', /^--with says what it is compared with, and it is missing: filterlens compare net.onnx --with after.pth$/],
  ['activate net.onnx', /^--image and --changed must be given; filterlens activate --help has examples$/],
  ['report net.onnx -o report.pdf', /^-o report\.pdf: the report is an HTML file; give a name that ends in \.html$/],
  ['report models', /^models: has no models\.arrow; give the folder that filterlens analyze -o wrote$/],
  ['analyze models', /^\S*broken\.pth: is a text file .*; --keep-going goes on with the others$/],
  ['view --port 99999', /^--port 99999: give a port number from 0 to 65535$/],
  ['analyze net.onnx --jsno', /did you mean --json\?$/],
  ['analyze net.onnx -o db', /^-o db: holds a filter database, which would be written over; give another folder$/],
  ['extract net.onnx -o kept', /^-o kept: holds results, which would be written over; give another folder$/],
  ['export kept -o kept', /^-o kept: holds results, which would be written over; give another folder$/],
  ['track net.onnx -o kept', /^-o kept: holds results, which would be written over; give another folder$/],
  ['plan net.onnx --shards 2 -o db', /^-o db: holds a filter database, which would be written over; give another folder$/],
  [
    'check net.onnx --metrics sparsity --min-entropy 0.3',
    /^there is a limit min_entropy, and --metrics leaves variance_entropy out; add it$/,
  ],
  ['check net.onnx --tolerance 0.1', /^--tolerance is that of a baseline; give --baseline too$/],
  ['check --ignore layer3 net.onnx', /^net\.onnx is taken for a value of --ignore; put it first: filterlens check net\.onnx …$/],
  ['analyze net.onnx --name-column Name', /^--name-column is of a table about the models; give it with --meta$/],
  ['analyze net.onnx --layers --no-layers', /^--layers is given 2 times; give it once$/],
  [
    'analyze s3://bucket/net.onnx',
    /^s3:\/\/bucket\/net\.onnx: addresses of this kind are not read; https:\/\/ and hf:\/\/ are, and files by their path$/,
  ],
  ['figure rbg net.onnx', /^figure rbg: there is no such figure; did you mean rgb\?$/],
  ['figure net.onnx rgb', /^figure net\.onnx: what is drawn comes first: filterlens figure rgb net\.onnx$/],
  ['figure grid net.onnx --channel 3', /^--channel is of one layer: name it with --layer$/],
  ['figure bases net.onnx --components 1,2', /^--components says nothing about figure bases; leave it out$/],
  ['figure rgb net.onnx --image a.png', /^--image says nothing about figure rgb; leave it out$/],
  ['completion tcsh', /^completion takes no tcsh: it prints the script for bash, zsh or fish; without one of these words/],
  ['--help=analyze', /^--help takes no value; filterlens help analyze is the help of a command$/],
  ['kept', /^kept: holds results, not models: filterlens view and filterlens report show them, /],
  ['check plan', /^plan: holds a plan, not models: filterlens status tells how far it is, /],
  ['analyze sweep', /^sweep: holds what filterlens track wrote, not models: /],
  ['analyze net.onnx --kernel 0x3', /^--kernel 0x3: give rows x columns, such as 3x3, or all$/],
  // broken.pth is one of the models: what is asked is refused before any of them is opened
  ['analyze models --correlate lr', /^--correlate lr: the models have no metadata; give a table with --meta$/],
  [
    'analyze models --meta meta.csv --correlate loss',
    /^--correlate loss: there is no such column; there are lr, optimizer, seed$/,
  ],
  [
    'analyze models --meta meta.csv --correlate optimizer',
    /^--correlate optimizer: the column "optimizer" is not numeric: net has "sgd"; --group-by compares by such a column$/,
  ],
  ['analyze models --meta meta.csv --group-by seed', /^--group-by seed: the column "seed" has one value, 1; there is nothing to/],
  ['analyze models --meta meta.csv --group-by lr --within loss', /^--within loss: there is no such column; /],
  ['analyze models --meta meta.csv --pair-by loss', /^--pair-by loss: there is no such column; /],
  ['plan models --shards 2 -o p --meta meta.csv --correlate optimizer', /^--correlate optimizer: the column .* is not numeric: /],
  ['track models --runs --meta meta.csv --correlate optimizer', /^several runs are compared by the folders that they lie in, /],
  ['track models more --meta meta.csv --correlate optimizer', /^--correlate optimizer: the column .* is not numeric: /],
  ['verify results --expect abc', /^--expect abc: give the 64 hexadecimal digits of results\.sha256$/],
]

test('each of the usual mistakes has its answer', () =>
  inFolder(async (cwd) => {
    assert.ok(mistakes.length >= 30)
    await mkdir(join(cwd, 'models'))
    for (const name of ['net.onnx', 'models/net.onnx'])
      await copyFile(join(projectFolder, 'data/vgg_w16_cifar10_normal.onnx'), join(cwd, name))
    await writeFile(join(cwd, 'models/broken.pth'), 'not a model')
    await mkdir(join(cwd, 'more'))
    await writeFile(join(cwd, 'more/broken.pth'), 'not a model')
    await writeFile(join(cwd, 'meta.csv'), 'Name,lr,optimizer,seed\nnet,0.1,sgd,1\nother,0.2,adam,1\n')
    for (const file of ['db/filters.arrow', 'kept/results.sha256', 'plan/plan.json', 'sweep/trajectory.arrow']) {
      await mkdir(dirname(join(cwd, file)))
      await writeFile(join(cwd, file), '')
    }
    for (let k = 0; k < mistakes.length; k += 4)
      await Promise.all(
        mistakes.slice(k, k + 4).map(async ([typed, answer]) => {
          const words = typed.split(' ').map((word) => (word === '""' ? '' : word))
          const { code, out, err } = await filterlens(words, { cwd, killAfter: 20_000 })
          assert.equal([code, out], [2, ''], `${typed}: ${err}`)
          const [, sentence] = /^filterlens: (.*)\n$/.exec(err) ?? []
          assert.match(sentence ?? err, answer, typed)
        }),
      )
  }))

test('nothing, help, version and a bare file are understood', () =>
  inFolder(async (cwd) => {
    await copyFile(join(projectFolder, 'data/vgg_w16_cifar10_normal.onnx'), join(cwd, 'net.onnx'))
    const asked = async (...words: string[]): Promise<string> => {
      const { code, out, err } = await filterlens(words, { cwd })
      assert.equal([code, words.includes('net.onnx') || err === ''], [0, true], err)
      return out
    }
    const help = await asked()
    assert.match(help, /Commands:/)
    assert.is(await asked('help'), help)
    assert.is(await asked('--help'), help)
    assert.is(await asked('help', 'check'), await asked('check', '--help'))
    assert.is(await asked('version'), await asked('--version'))
    const bare = await asked('net.onnx', '--json')
    assert.is(await asked('--json', 'net.onnx'), bare)
    assert.is(await asked('analyze', 'net.onnx', '--json'), bare)
    assert.match(await asked('completion'), /begin-filterlens-completions/)
    assert.match(await asked('completion', 'bash'), /complete -o bashdefault/)
    assert.match(await asked('completion', 'zsh'), /^#compdef filterlens/)
    assert.match(await asked('completion', 'fish'), /^complete -c filterlens -a/m)
    assert.match(await asked('--get-yargs-completions', 'filterlens', 'an'), /^analyze$/m)
    assert.match(await asked('--get-yargs-completions', 'filterlens', 'check', '--max'), /^--max-sparsity$/m)
  }))

test.run()
