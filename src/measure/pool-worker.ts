import { InputError } from '../errors.ts'
import { summedAccess } from '../io/checked-access.ts'
import { concatAccess, memoryAccess, type Origin, type RandomAccess, sliceAccess } from '../io/random-access.ts'
import type { CrcPart } from '../io/stored-checksum.ts'
import { openInstance, type WasmInstance } from '../wasm/module.ts'
import type { ConvShape } from '../weights/plan.ts'
import { weightReader } from '../weights/reader.ts'
import { MEMORY_BUDGET, measureWeights, type PassOptions, type PassResult, wantsGram } from './layer-pass.ts'
import { type LayerSession, openLayer, panelRows } from './layer-session.ts'
import { channelsOf } from './live-channels.ts'
import type {
  Part,
  PartResult,
  PoolReply,
  PoolRequest,
  ReadSums,
  SentBytes,
  SentError,
  SentLayer,
  Summed,
} from './pool-protocol.ts'
import { keepsSparse } from './profile.ts'

/** The bytes of a layer, and the sums of what has been read of them since they were last asked for. */
interface OpenBytes {
  readonly access: RandomAccess
  sums(): ReadSums
}

/** Files that a worker keeps open: those of the layers it measured last. */
const OPEN_FILES = 8

/** The measuring side of the pool: one instance of the module, one request after the other. `open` opens a file or Blob again. */
export function servePool(
  post: (reply: PoolReply) => void,
  open: (at: Origin, name: string) => Promise<RandomAccess>,
): (request: PoolRequest) => void {
  let wasm: WasmInstance
  let options: PassOptions
  let shared: { key: number; session: LayerSession; sums(): ReadSums } | undefined
  const files = new Map<string | Blob, RandomAccess>()

  const openFile = async (at: Origin, name: string): Promise<RandomAccess> => {
    const key = at.kind === 'path' ? at.path : at.kind === 'blob' ? at.blob : at.url
    const known = files.get(key)
    files.delete(key)
    const access = known ?? (await open(at, name))
    files.set(key, access) // last in the order of use
    for (const [oldest, file] of files) {
      if (files.size <= OPEN_FILES) break
      files.delete(oldest)
      await file.close?.()
    }
    return access
  }
  const openBytes = async (sent: SentBytes): Promise<OpenBytes> => {
    if (sent.kind === 'sent') return { access: memoryAccess(sent.name, new Uint8Array(sent.bytes)), sums: () => [] }
    const parts: RandomAccess[] = []
    const sums: (() => CrcPart[])[] = []
    for (const { at, offset, length, sum } of sent.parts) {
      const part = sliceAccess(await openFile(at, sent.name), offset, length, sent.name)
      const summed = sum && summedAccess(part, sum, { at, offset })
      parts.push(summed?.access ?? part)
      sums.push(summed?.taken ?? (() => []))
    }
    return { access: concatAccess(sent.name, parts), sums: () => sums.map((taken) => taken()) }
  }
  const optionsOf = ({ groups }: SentLayer): PassOptions => (groups === undefined ? options : { ...options, groups })
  const measure = async (layer: SentLayer): Promise<Summed<PassResult>> => {
    const { bytes, plan, shape } = layer
    const { access, sums } = await openBytes(bytes)
    const reader = weightReader({ ...plan, access }, shape)
    return { result: await measureWeights(wasm, reader, shape, optionsOf(layer), shared?.session.end ?? 0), sums: sums() }
  }
  const measurePart = async (key: number, layer: SentLayer, part: Part): Promise<Summed<PartResult>> => {
    const { bytes, plan, shape, groups } = layer
    if (shared?.key !== key) {
      const { access, sums } = await openBytes(bytes)
      const reader = weightReader({ ...plan, access }, shape)
      const { budget = MEMORY_BUDGET, batchSize } = options
      const channels = channelsOf(shape, groups)
      const [gram, spectrum, random] = [wantsGram(shape, options), options.passes.has('spectrum'), options.passes.has('random')]
      const kept = keepsSparse(options.profile)
      shared = {
        key,
        sums,
        session: openLayer(wasm, 0, reader, shape, { budget, batchSize, gram, channels, spectrum, random, kept }),
      }
    }
    return { result: await partOf(shared.session, shape, part), sums: shared.sums() }
  }
  const partOf = async (session: LayerSession, shape: ConvShape, part: Part): Promise<PartResult> => {
    switch (part.stage) {
      case 'scan':
        return session.scan(part.from, part.count)
      case 'moments':
        return session.moments(part.from, part.count, part.limit, part.strict, part.mean)
      case 'spectrum':
        return session.spectrum()
      case 'random':
        return session.random(part.counted)
      case 'gram': {
        const [out, inputs, height, width] = shape
        const from = part.strip * panelRows(inputs * height * width)
        const nearest = { from, cosines: new Float64Array(out - from) }
        return { totals: await session.gram(part.strip, part.count, part.precision, nearest), nearest }
      }
    }
  }
  const handle = async (request: PoolRequest): Promise<void> => {
    switch (request.kind) {
      case 'start':
        wasm = await openInstance(request.module)
        options = request.options
        post({ kind: 'ready' })
        return
      case 'layers': {
        const results: Summed<PassResult>[] = []
        for (const layer of request.layers) results.push(await measure(layer).catch(failed))
        post({ kind: 'layers', id: request.id, results })
        return
      }
      case 'part': {
        const { id, key, layer, part } = request
        post({ kind: 'part', id, ...(await measurePart(key, layer, part).catch(failed)) })
        return
      }
      case 'forget':
        if (shared?.key === request.key) shared = undefined
    }
  }
  let last: Promise<void> = Promise.resolve()
  return (request) => {
    last = last.then(() => handle(request))
  }
}

const failed = (error: unknown): Summed<never> => ({ result: { error: sentError(error) }, sums: [] })

function sentError(error: unknown): SentError {
  if (error instanceof InputError) return { name: error.name, message: error.message, file: error.file, problem: error.problem }
  if (error instanceof Error) return { name: error.name, message: error.message, ...(error.stack && { stack: error.stack }) }
  return { name: 'Error', message: String(error) }
}
