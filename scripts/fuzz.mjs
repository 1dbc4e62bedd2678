// Feeds mutated files to the readers: node scripts/fuzz.mjs [format …] [--runs 1000] [--seed 1] [--from 0] [--save folder]
// Build first (npm run build). Every input follows from (format, seed, index) alone, so a finding is repeated with
// --seed S --from INDEX --runs 1. A reader may open the input or refuse it with an InputError; anything else is a finding:
// another error, a run with -o and --keep-going that ends for it, more than 2 s of processor time, more than 1 GiB of memory, a plan that lies outside its file.
// A format joins by a file in scripts/fuzz/: export default { name, seeds(), mutate(seed, random) }, see onnx.mjs;
// one that is no model file brings a read() of its own, see results.mjs.
import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutateBytes } from './fuzz/bytes.mjs'
import { randomOf } from './fuzz/random.mjs'
import { wholeRuns } from './fuzz/whole-run.mjs'

const SECONDS = 2
const HANGS_AFTER = 20
const THREAD_SECONDS = 10 // the patience with HDF5 is two seconds, and more for large chunks
const BYTES = 2 ** 30
const MOST_FINDINGS = 20

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    save: { type: 'string' },
    child: { type: 'string' },
    thread: { type: 'boolean', default: false },
  },
})
const folder = join(import.meta.dirname, 'fuzz')
const dist = join(import.meta.dirname, '../dist/src')
const helpers = new Set([
  'bytes.mjs',
  'fixtures.mjs',
  'hdf5-here.mjs',
  'json.mjs',
  'pickle-instructions.mjs',
  'protobuf.mjs',
  'random.mjs',
  'results-seed.mjs',
  'table.mjs',
  'whole-run.mjs',
  'zips.mjs',
])

async function formatNamed(name) {
  return (await import(join(folder, `${name}.mjs`))).default
}

/** The input of one index: a seed file, mutated; { path, bytes, beside }. */
function inputOf(format, seeds, index) {
  const random = randomOf(Number(options.seed), index)
  const seed = seeds[random.below(seeds.length)]
  const mutated = random.below(4) === 0 ? undefined : format.mutate?.(seed, random)
  return mutated ?? { ...seed, bytes: mutateBytes(seed.bytes, random, seeds[random.below(seeds.length)].bytes) }
}

// ---- in the child: one input after the other

/** Waits until the parent's channel has taken it, and all before it: what is still queued is lost when the channel closes. */
function tell(message) {
  return new Promise((resolve) => process.send?.(message, resolve))
}

async function child(name) {
  const format = await formatNamed(name)
  if (format.hasHdf5 && !options.thread) await (await import('./fuzz/hdf5-here.mjs')).keepHdf5Here()
  const { openSource } = await import(join(dist, 'sources/open.js'))
  const { isPlainError } = await import(join(dist, 'errors.js'))
  const { memoryAccess } = await import(join(dist, 'io/random-access.js'))
  const wholeRun = await wholeRuns()
  const seeds = await format.seeds()
  const end = Number(options.from) + Number(options.runs)
  const outcomes = { opened: 0, convolutions: 0, refused: 0, slowest: 0, slowestAt: -1, memory: 0 }
  for (const { path, bytes, beside = {} } of seeds) await run(path, bytes, beside) // warms up, and must hold as it is
  for (let index = Number(options.from); index < end; index++) {
    process.send?.(index % 100 === 0 ? { index, sofar: outcomes } : { index })
    const { path, bytes, beside = {} } = inputOf(format, seeds, index)
    const before = process.cpuUsage()
    const finding = await run(path, bytes, beside, outcomes, index)
    const { user, system } = process.cpuUsage(before)
    const seconds = (user + system) / 1e6
    const memory = process.resourceUsage().maxRSS * 1024
    outcomes.memory = memory
    if (seconds > outcomes.slowest) Object.assign(outcomes, { slowest: seconds, slowestAt: index })
    if (finding) process.send?.({ index, finding })
    if (seconds > (options.thread ? THREAD_SECONDS : SECONDS))
      process.send?.({ index, finding: `took ${seconds.toFixed(1)} s of processor time` })
    if (memory > BYTES) {
      process.send?.({ index, finding: `took ${(memory / 2 ** 20).toFixed(0)} MiB of memory` })
      await tell({ restartAt: index + 1, outcomes })
      break
    }
    if (globalThis.isWornOut) {
      await tell({ restartAt: index + 1, outcomes })
      break
    }
    if (index === end - 1) await tell({ outcomes })
  }
  process.disconnect()

  async function run(path, bytes, beside, count, index = 0) {
    const inMemory = (file, content) => memoryAccess(file, Uint8Array.from(content))
    const folder = { open: async (file) => (Object.hasOwn(beside, file) ? inMemory(file, beside[file]) : undefined) }
    let source
    try {
      if (format.read) {
        await format.read({ path, bytes, beside }, index)
        if (count) count.opened++
        return undefined
      }
      const open = () => ({ path, access: inMemory(path, bytes), folder })
      await wholeRun(open).catch((error) => {
        throw new Error('a whole run with --keep-going and -o ended', { cause: error })
      })
      source = await openSource(open())
      const convolutions = source.models.flatMap((model) => model.convolutions)
      if (count) count.opened++
      if (count) count.convolutions += convolutions.length
      for (const convolution of convolutions) await probe(convolution)
    } catch (/** @type {any} */ error) {
      if (!isPlainError(error))
        return error instanceof Error
          ? `${error.stack}${error.cause instanceof Error ? `\n${error.cause.stack}` : ''}`
          : `threw ${String(error)}`
      if (!/^[^\n]{1,2000}$/.test(error.message))
        return `a message that is no sentence: ${JSON.stringify(error.message.slice(0, 300))}`
      if (count) count.refused++
    } finally {
      await source?.close()
    }
    return undefined
  }
}

const ELEMENT_BYTES = {
  ...{ float32: 4, float16: 2, bfloat16: 2, float64: 8, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4 },
  ...{ float8e4m3fn: 1, float8e4m3fnuz: 1, float8e5m2: 1, float8e5m2fnuz: 1 },
}

/** Reads the first and the last stored element of a plan. Reading may find damage, but never leave the file. */
async function probe({ layer, shape, weights }) {
  const { access, offset, dtype, strides, dequantise } = weights
  const size = ELEMENT_BYTES[dtype]
  const steps = strides ?? [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1]
  if (shape.length !== 4 || !shape.every((side) => Number.isSafeInteger(side) && side > 0))
    throw new Error(`${layer}: shape ${shape}`)
  const last = shape.reduce((sum, side, k) => sum + (side - 1) * steps[k], 0)
  if (!(offset >= 0 && offset + (last + 1) * size <= access.byteLength)) throw new Error(`${layer}: a plan outside its file`)
  for (const list of [dequantise?.scale, dequantise?.zero])
    if (typeof list === 'object' && list.length !== shape[0])
      throw new Error(`${layer}: ${list.length} scales for ${shape[0]} channels`)
  for (const element of new Set([0, last])) {
    const bytes = await access.read(offset + element * size, size)
    if (bytes.length !== size) throw new Error(`${layer}: ${bytes.length} bytes for an element`)
  }
}

// ---- in the parent: watches, restarts behind a crash, counts

async function fuzz(name) {
  const runs = Number(options.runs)
  const end = Number(options.from) + runs
  const started = Date.now()
  const totals = { opened: 0, convolutions: 0, refused: 0, slowest: 0, slowestAt: -1, memory: 0 }
  const findings = []
  const { hasHdf5 } = await formatNamed(name)
  let ended = 0
  let next = Number(options.from)
  while (next < end && findings.length < MOST_FINDINGS && totals.stoppedAt === undefined) {
    next = await stretch(name, next, end, totals, findings)
    if (hasHdf5 && findings.at(-1)?.isHung && (await endsInThread(name, findings.at(-1).index, totals))) {
      findings.pop()
      ended++
    }
  }
  for (const { index, finding } of findings)
    console.log(`${name} --seed ${options.seed} --from ${index} --runs 1\n  ${finding.replaceAll('\n', '\n  ')}`)
  if (options.save && findings.length > 0) await save(name, findings, options.save)
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  console.log(
    `${name}: ${next - Number(options.from)} inputs, ${totals.opened} opened (${totals.convolutions} convolutions), ${totals.refused} refused, ${findings.length} findings, ` +
      `slowest ${(totals.slowest * 1000).toFixed(0)} ms of processor time (input ${totals.slowestAt}), ` +
      `largest memory ${(totals.memory / 2 ** 20).toFixed(0)} MiB, ${seconds} s` +
      (ended > 0 ? `; ${ended} of the refused kept the HDF5 library busy until its thread was ended` : ''),
  )
  return findings.length
}

/**
 * An input that keeps the HDF5 library busy for ever stalls the fuzzing process, in which it runs; it is judged as anybody would meet
 * it, with the library in its thread. @returns true when it is refused there in time
 */
async function endsInThread(name, index, totals) {
  const alone = { opened: 0, convolutions: 0, refused: 0, slowest: 0, slowestAt: -1, memory: 0 }
  const findings = []
  await stretch(name, index, index + 1, alone, findings, ['--thread'])
  totals.refused += alone.refused
  return findings.length === 0 && alone.refused > 0
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

/** Runs one child until it ends. @returns where to go on */
function stretch(name, from, end, totals, findings, more = []) {
  return new Promise((resolve) => {
    const words = ['--child', name, '--seed', options.seed, '--from', String(from), '--runs', String(end - from), ...more]
    const process_ = fork(fileURLToPath(import.meta.url), words, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    let at = from
    let goOn = end
    let isHung = false
    let sofar
    const count = (outcomes) => {
      for (const key of ['opened', 'convolutions', 'refused']) totals[key] += outcomes[key]
      totals.memory = Math.max(totals.memory, outcomes.memory)
      if (outcomes.slowest > totals.slowest) Object.assign(totals, { slowest: outcomes.slowest, slowestAt: outcomes.slowestAt })
    }
    const stop = () => {
      totals.stoppedAt = at
      process_.kill('SIGKILL')
    }
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
    let isDone = false
    let complaint = ''
    const end_ = () => {
      isHung = true
      process_.kill('SIGKILL')
    }
    // A process that others leave no time is slow, not hung: what counts is the time the processor gave it.
    let since = processorSeconds(process_.pid)
    let hasAnswered = false
    let silent = 0
    const timer = setInterval(() => {
      const used = processorSeconds(process_.pid)
      if (hasAnswered) [since, silent] = [used, 0]
      else if (used - since > HANGS_AFTER && ++silent > 2) end_() // answers that have come may not have been read yet
      hasAnswered = false
    }, 1000)
    process_.stderr?.on('data', (data) => (complaint = `${complaint}${data}`.slice(-2000)))
    process_.on('message', (/** @type {any} */ { index, finding, outcomes, sofar: told, restartAt }) => {
      hasAnswered = true
      if (index !== undefined) at = index
      if (told) sofar = told
      if (finding) findings.push({ index, finding })
      if (restartAt !== undefined) goOn = restartAt
      if (outcomes) {
        isDone = true
        count(outcomes)
      }
    })
    process_.on('close', (code) => {
      clearInterval(timer)
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop)
      if (isDone) return resolve(goOn)
      if (sofar) count(sofar)
      if (totals.stoppedAt !== undefined) return resolve(totals.stoppedAt)
      findings.push({
        index: at,
        isHung,
        finding: isHung ? `no answer for ${HANGS_AFTER} s of processor time` : `the process ended with ${code}\n${complaint}`,
      })
      resolve(at + 1)
    })
  })
}

async function save(name, findings, folder) {
  const format = await formatNamed(name)
  const seeds = await format.seeds()
  mkdirSync(folder, { recursive: true })
  for (const { index } of findings) {
    const { path, bytes } = inputOf(format, seeds, index)
    writeFileSync(join(folder, `${name}-${options.seed}-${index}-${path.replaceAll('/', '_')}`), bytes)
  }
}

if (options.child) {
  await child(options.child)
} else {
  const all = readdirSync(folder)
    .filter((file) => file.endsWith('.mjs') && !helpers.has(file))
    .map((file) => file.slice(0, -4))
  let found = 0
  for (const name of positionals.length > 0 ? positionals : all) found += await fuzz(name)
  process.exitCode = found > 0 ? 1 : 0
}
