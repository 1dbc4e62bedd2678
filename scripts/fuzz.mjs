// Feeds changed files to the readers: node scripts/fuzz.mjs [reader …] [--all] [--count 1000] [--seed 1] [--from 0]
//   [--progress file] [--batch 128] [--save folder]
// Build first (npm run build). Every input follows from (reader, seed, index) alone, so a finding is repeated with
// --seed S --from INDEX --count 1. A reader may open the input or refuse it with an InputError; anything else is a finding:
// another error, a run with -o and --keep-going that ends for it, more than 2 s of processor time, more than 1 GiB of memory, a plan that lies outside its file.
// Whole runs take --batch inputs at a time; the inputs of one that ends are run one by one. With --progress a run that was stopped goes
// on where it was, and what is done already is only printed. A table of all readers comes last.
// A reader joins by a file in scripts/fuzz/: export default { name, seeds(), mutate(seed, random) }, see onnx.mjs;
// one that is no model file brings a read() of its own, see results.mjs.
import { fork } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { feed } from './fuzz/child.mjs'
import { inputOf, readerNamed, readers } from './fuzz/inputs.mjs'
import { addTally, emptyTally, heading, progressIn, rowOf } from './fuzz/tally.mjs'

const HANGS_AFTER = 20
const MOST_FINDINGS = 20

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    count: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    reader: { type: 'string', multiple: true, default: [] },
    batch: { type: 'string', default: '128' },
    progress: { type: 'string' },
    save: { type: 'string' },
    child: { type: 'string' },
    thread: { type: 'boolean', default: false },
    only: { type: 'boolean', default: false },
  },
})
const count = Number(values.count ?? values.runs ?? 1000)
const seed = Number(values.seed)
const from = Number(values.from)
if (![count, seed, from, Number(values.batch)].every((n) => Number.isSafeInteger(n) && n >= 0))
  throw new RangeError('--count, --seed, --from and --batch are whole numbers')

/** Watches children, restarts them behind a crash, counts. @returns what was done of a reader */
async function fuzz(name, progress) {
  const end = from + count
  const done = progress.of(name, seed, from) ?? { next: from, tally: emptyTally(), findings: [], seconds: 0, ended: 0 }
  const { hasHdf5 } = await readerNamed(name)
  const before = done.seconds
  const started = performance.now()
  const keep = (next) => {
    done.next = next
    done.seconds = before + (performance.now() - started) / 1000
    progress.save(name, seed, from, done)
  }
  const judgeHung = async () => {
    const last = done.findings.at(-1)
    if (!hasHdf5 || !last?.isHung || !(await endsInThread(name, last.index, done.tally))) return
    done.findings.pop()
    done.ended++
  }
  while (done.next < end && done.findings.length < MOST_FINDINGS && !isStopped) {
    const { next, again, isBroken } = await stretch(name, done.next, end, done, { keep })
    if (isBroken) {
      // Something ended the process: the inputs of its batch alone, to know which one it was.
      const last = Math.min(end, next + Number(values.batch))
      let at = next
      while (at < last && !isStopped && done.findings.length < MOST_FINDINGS) {
        at = (await stretch(name, at, last, done, { batch: '1' })).next
        await judgeHung()
      }
      keep(at)
      continue
    }
    if (again?.length > 0) await stretch(name, again[0], again.at(-1) + 1, done, { more: ['--only'] })
    keep(next)
  }
  for (const { index, finding } of done.findings)
    console.log(`${name} --seed ${seed} --from ${index} --count 1\n  ${finding.replaceAll('\n', '\n  ')}`)
  if (values.save && done.findings.length > 0) await save(name, done.findings, values.save)
  const { tally, ended } = done
  console.log(
    `${name}: ${done.next - from} inputs, ${tally.opened} opened (${tally.convolutions} convolutions), ${tally.refused} refused, ${done.findings.length} findings, ` +
      `slowest ${(tally.slowest * 1000).toFixed(0)} ms of processor time (input ${tally.slowestAt}), ` +
      `largest memory ${(tally.memory / 2 ** 20).toFixed(0)} MiB, ${done.seconds.toFixed(0)} s` +
      (ended > 0 ? `; ${ended} of the refused kept the HDF5 library busy until its thread was ended` : ''),
  )
  return { inputs: done.next - from, ...done }
}

/**
 * An input that keeps the HDF5 library busy for ever stalls the fuzzing process, in which it runs; it is judged as anybody would meet
 * it, with the library in its thread. @returns true when it is refused there in time
 */
async function endsInThread(name, index, tally) {
  const alone = { tally: emptyTally(), findings: [] }
  await stretch(name, index, index + 1, alone, { more: ['--thread'] })
  tally.refused += alone.tally.refused
  return alone.findings.length === 0 && alone.tally.refused > 0
}

/** What a process has used so far; where the system does not tell, the time that has passed. */
function processorSeconds(pid) {
  try {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) / 100
  } catch {
    return performance.now() / 1000
  }
}

let isStopped = false
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    isStopped = true
    for (const one of children) one.kill('SIGKILL')
  })

/** Runs one child until it ends. @returns where to go on, and whose whole runs are still to be done */
function stretch(name, start, end, { tally, findings }, { keep, more = [], batch = values.batch } = /** @type {any} */ ({})) {
  return new Promise((resolve) => {
    const plain = ['--child', name, '--seed', values.seed, '--from', String(start), '--count', String(end - start)]
    const child = fork(fileURLToPath(import.meta.url), [...plain, '--batch', batch, ...more], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      execArgv: ['--max-semi-space-size=64'], // most of what an input makes is garbage at once
    })
    children.add(child)
    let at = start
    let counted = start // up to here in the tally, whole runs too
    let goOn = end
    let again
    let isHung = false
    let isDone = false
    let isWhole = false
    const soFar = emptyTally()
    let complaint = ''
    // A process that others leave no time is slow, not hung: what counts is the time the processor gave it.
    let since = processorSeconds(child.pid)
    let hasAnswered = false
    let silent = 0
    const timer = setInterval(() => {
      const used = processorSeconds(child.pid)
      if (hasAnswered) [since, silent] = [used, 0]
      else if (used - since > HANGS_AFTER && ++silent > 2) {
        isHung = true // answers that had come would have been read by now
        child.kill('SIGKILL')
      }
      hasAnswered = false
    }, 1000)
    child.stderr?.on('data', (data) => (complaint = `${complaint}${data}`.slice(-2000)))
    child.on('message', (/** @type {any} */ message) => {
      hasAnswered = true
      if (message.index !== undefined) [at, isWhole] = [message.index, message.whole === true]
      if (message.sofar) {
        Object.assign(soFar, message.sofar)
        counted = at
        if (keep) save()
      }
      if (message.finding) findings.push({ index: message.index, finding: message.finding })
      if (message.restartAt !== undefined) goOn = message.restartAt
      if (message.isWorn)
        console.log(`${name}: sound files were refused behind input ${at - 1}; a new process goes on at ${goOn}`)
      if (message.again) again = message.again
      if (message.tally) {
        isDone = true
        Object.assign(soFar, message.tally)
      }
    })
    const before = structuredClone(tally)
    const settle = () => {
      Object.assign(tally, structuredClone(before))
      addTally(tally, soFar)
    }
    const save = () => {
      settle()
      keep(counted)
    }
    child.on('close', (code) => {
      clearInterval(timer)
      children.delete(child)
      settle()
      if (isDone) return resolve({ next: goOn, again })
      if (isStopped) return resolve({ next: counted })
      if (batch !== '1') return resolve({ next: counted, isBroken: true })
      findings.push({
        index: at,
        isHung,
        finding: `${isWhole ? 'in a whole run: ' : ''}${
          isHung ? `no answer for ${HANGS_AFTER} s of processor time` : `the process ended with ${code}\n${complaint}`
        }`,
      })
      resolve({ next: at + 1 })
    })
  })
}

async function save(name, findings, folder) {
  const reader = await readerNamed(name)
  const seeds = await reader.seeds()
  mkdirSync(folder, { recursive: true })
  for (const { index } of findings) {
    const { path, bytes } = inputOf(reader, seeds, seed, index)
    writeFileSync(join(folder, `${name}-${seed}-${index}-${path.replaceAll('/', '_')}`), bytes)
  }
}

if (values.child) {
  const { thread, only } = values
  const batch = Math.max(1, Number(values.batch))
  await feed(values.child, { from, runs: count, seed, batch, thread, only })
} else {
  const named = [...positionals, ...values.reader]
  const unknown = named.find((name) => !readers.includes(name))
  if (unknown !== undefined) throw new RangeError(`there is no reader ${unknown}; there are ${readers.join(', ')}`)
  const progress = progressIn(values.progress)
  const rows = []
  let found = 0
  for (const name of named.length > 0 && !values.all ? named : readers) {
    if (isStopped) break
    const done = await fuzz(name, progress)
    found += done.findings.length
    rows.push(rowOf(name, seed, done))
  }
  console.log(`\n${heading}\n${rows.join('\n')}`)
  process.exitCode = isStopped ? 130 : found > 0 ? 1 : 0
}
