import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import type { PlannedShard } from './plan.ts'
import { type OpenPlan, sha256OfBytes } from './plan.ts'
import { planPaths } from './plan-paths.ts'

/** What was said, or what failed, when the inputs were opened. */
export type PlannedEvent =
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'failed'; readonly file: string; readonly problem: string }

/** A model of an input. */
export interface PlannedModel {
  /** Its place among the models of its file. */
  readonly index: number
  /** As it is called in this run. */
  readonly name: string
  /** Work of each of its layers. */
  readonly layers: readonly number[]
  /** Their numbers, where the file gives others than their places. */
  readonly ids?: readonly number[]
}

/** An input as a line of the plan has it. */
export interface PlannedInput {
  /** As results show it. */
  readonly path: string
  /** Where it lies. */
  readonly location: string
  readonly opens?: string
  /** The files that were opened for it, its own as '', and what tells that they are still the same. */
  readonly files: readonly (readonly [path: string, version: string])[]
  readonly models: readonly PlannedModel[]
}

/** A line of the list of inputs: what came before an input, and the input; the last line may have none. */
export interface PlannedLine {
  readonly events?: readonly PlannedEvent[]
  readonly input?: PlannedInput
}

/** Layers [from, to) of an input, counted over all its models. */
export interface PlannedPiece {
  /** Number of the input. */
  readonly number: number
  readonly input: PlannedInput
  readonly from: number
  readonly to: number
  /** Models of the input that have been told already; default none. */
  readonly told?: number
}

/** Layers of an input, over all its models. */
export function layerCountOf({ models }: Pick<PlannedInput, 'models'>): number {
  return models.reduce((sum, { layers }) => sum + layers.length, 0)
}

/** True for the piece that an input begins with: it tells of all its models, and hashes its files. */
export function isFirstPiece({ from }: PlannedPiece): boolean {
  return from === 0
}

/** The models of a piece, each with its layers [from, to) in it: of the first piece of an input all its models. */
export function modelsOfPiece(
  piece: PlannedPiece,
): { readonly model: PlannedModel; readonly from: number; readonly to: number }[] {
  let start = 0
  return piece.input.models.flatMap((model, number) => {
    const [from, to] = [piece.from, piece.to].map((at) => Math.min(Math.max(at - start, 0), model.layers.length)) as [
      number,
      number,
    ]
    start += model.layers.length
    return number >= (piece.told ?? 0) && (from < to || isFirstPiece(piece)) ? [{ model, from, to }] : []
  })
}

/** The piece of an input that lies in a shard; undefined when none does. */
export function pieceOf(
  number: number,
  input: PlannedInput,
  { from, to }: Pick<PlannedShard, 'from' | 'to'>,
): PlannedPiece | undefined {
  const begins = number === from.input ? from.layer : 0
  const all = layerCountOf(input)
  const ends = number === to.input ? to.layer : all
  const isIn = number >= from.input && (number < to.input || (number === to.input && to.layer > 0))
  // A shard that is empty may lie within an input.
  return isIn && (begins === 0 || begins < ends) ? { number, input, from: begins, to: ends } : undefined
}

/** The pieces of a shard, read from its lines of the list of inputs. @throws InputError when these are not what was planned */
export async function* piecesOf({ plan, folder, name }: OpenPlan, shard: number): AsyncGenerator<PlannedPiece> {
  const own = plan.shards[shard]!
  const { from, to, sha256 } = own.lines
  if (from === to) return
  const file = `${name}/${planPaths.inputs}`
  const access = await openList(folder, file)
  try {
    if (to > access.byteLength) throw damaged(file)
    const bytes = await access.read(from, to - from)
    if ((await sha256OfBytes(bytes)) !== sha256) throw damaged(file)
    let number = own.from.input
    for (const { input } of linesOf(new TextDecoder().decode(bytes))) {
      if (!input) continue
      const piece = pieceOf(number++, input, own)
      if (piece) yield piece
    }
  } finally {
    await access.close?.()
  }
}

/** Every line of the list of inputs, one after the other. @throws InputError when it is not what was planned */
export async function* plannedLines({ plan, folder, name }: OpenPlan): AsyncGenerator<PlannedLine> {
  const file = `${name}/${planPaths.inputs}`
  const access = await openList(folder, file)
  try {
    const { sha256Of } = await import('../io/sha256.ts')
    if ((await sha256Of(access)) !== plan.files[planPaths.inputs]) throw damaged(file)
    const decoder = new TextDecoder()
    let rest = ''
    for (let at = 0; at < access.byteLength; at += PIECE) {
      const bytes = await access.read(at, Math.min(PIECE, access.byteLength - at))
      rest += decoder.decode(bytes, { stream: true })
      const end = rest.lastIndexOf('\n') + 1
      yield* linesOf(rest.slice(0, end))
      rest = rest.slice(end)
    }
  } finally {
    await access.close?.()
  }
}

/** Every input as a whole. */
export async function* piecesOfPlan(plan: OpenPlan): AsyncGenerator<PlannedPiece> {
  let number = 0
  for await (const { input } of plannedLines(plan)) if (input) yield { number: number++, input, from: 0, to: layerCountOf(input) }
}

const PIECE = 1 << 20

async function openList(folder: OpenPlan['folder'], file: string): Promise<RandomAccess> {
  const access = await folder.open(planPaths.inputs)
  if (!access) throw new InputError(file, 'is not there; plan again')
  return access
}

function damaged(file: string): InputError {
  return new InputError(file, 'is not what was planned: it was changed or damaged; plan again')
}

function* linesOf(text: string): Generator<PlannedLine> {
  for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as PlannedLine
}

/** What tells that a file is still what was planned, on any machine; undefined where nothing does. */
export function versionOfFile({ watch, statedSha256, byteLength }: RandomAccess): string {
  return watch?.version ?? (statedSha256 === undefined ? `${byteLength} bytes` : `${byteLength} bytes, SHA-256 ${statedSha256}`)
}
