import { candidacy } from './candidates.ts'
import type { FormatEntry } from './registry.ts'

/** A file of a folder that is an input. */
export interface InputFile {
  readonly name: string
  /** Files of one folder that share it may hold one network in several formats; absent where no other file shares it. */
  readonly family?: string
  /** Variants of it that lie beside it and are no inputs. */
  readonly variants: readonly string[]
}

/** Words of a variant's name, and how far it is from the network at full precision. */
const PRECISIONS: ReadonlyMap<string, number> = new Map([
  ['fp32', 1],
  ['float32', 1],
  ['bf16', 2],
  ['bfloat16', 2],
  ['fp16', 3],
  ['float16', 3],
  ['fp8', 4],
])
const NOT_AVERAGED = /(^|[._-])non[_-]?ema(?=[._-]|$)/
const NOT_AVERAGED_RANK = 10

/** Words that only say which program a file is for. */
const FRAMEWORKS = new Set(['pytorch', 'torch', 'tf', 'tensorflow', 'flax', 'jax', 'keras', 'onnx', 'tflite', 'safetensors'])

/** What stands between dots before an ending and is a part of it. */
const PARTS_OF_ENDINGS = new Set(['index', 'weights', 'tar', 'safetensors'])

interface Kin {
  /** What is left of the name without the words that tell formats and variants. */
  readonly family: string
  /** 0 for the plain file. */
  readonly rank: number
}

/**
 * `pytorch_model.fp16.bin` is of the family "model", as `model.safetensors` is, which is the plain one: variants are named as the
 * Hugging Face hub names them (`NAME.fp16.ENDING`, `NAME.ENDING.index.fp16.json`) or with _ or - before the word.
 */
function kinOf(name: string, entries: readonly FormatEntry[]): Kin {
  const lower = name.toLowerCase()
  let rank = NOT_AVERAGED.test(lower) ? NOT_AVERAGED_RANK : 0
  const [stem = '', ...rest] = lower.replace(NOT_AVERAGED, '').split('.')
  const isEnding = (part: string): boolean =>
    PARTS_OF_ENDINGS.has(part) || entries.some(({ owns, shares }) => owns.includes(part) || shares.includes(part))
  const words = (part: string): string[] => part.split(/[_-]/).filter((word) => word !== '' && !PRECISIONS.has(word))
  const own = words(stem)
  const family = own.filter((word) => !FRAMEWORKS.has(word))
  if (family.length === 0) for (const word of own) family.push(word)
  for (const part of rest) if (!isEnding(part)) for (const word of words(part)) family.push(word)
  for (const word of lower.split(/[._-]/)) rank += PRECISIONS.get(word) ?? 0
  return { family: family.join(' '), rank }
}

/**
 * Of the files of one folder those that are inputs, in their order. A variant (fp16, bf16, not averaged) is none where the plain file,
 * or one nearer to it, is an input; it is then not even opened.
 * @param isInput asked of a file; it may read its first bytes
 */
export async function inputFiles(
  names: readonly string[],
  entries: readonly FormatEntry[],
  isInput: (name: string) => Promise<boolean>,
): Promise<InputFile[]> {
  const families = new Map<string, (Kin & { readonly name: string })[]>()
  for (const name of names) {
    const kin = kinOf(name, entries)
    // A name of nothing but such words is of no family.
    const key = kin.family === '' ? `/${name}` : kin.family
    const members = families.get(key)
    if (members) members.push({ ...kin, name })
    else families.set(key, [{ ...kin, name }])
  }
  const found = new Map<string, InputFile>()
  for (const [family, members] of families) {
    const inputs: string[] = []
    const variants: string[] = []
    let nearest = Number.POSITIVE_INFINITY
    for (const { name, rank } of members.toSorted((a, b) => a.rank - b.rank)) {
      if (rank <= nearest) {
        if (!(await isInput(name))) continue
        nearest = rank
        inputs.push(name)
      } else if (candidacy(name, entries) !== 'none' || (await isInput(name))) variants.push(name)
    }
    for (const [k, name] of inputs.entries())
      found.set(name, { name, variants: k === 0 ? variants : [], ...(inputs.length > 1 && { family }) })
  }
  return names.flatMap((name) => found.get(name) ?? [])
}

/** What is said of the variants of a file that are left out; nothing where there are none. `folder`: ends in a slash, or is empty. */
export function variantNotes({ name, variants }: InputFile, folder: string): string[] {
  if (variants.length === 0) return []
  const [are, one] = variants.length === 1 ? ['is a variant', 'it'] : ['are variants', 'one']
  const shown = variants.map((variant) => folder + variant).join(', ')
  return [`${shown} ${are} of ${name}, by name, and left out; name the file itself to measure ${one}`]
}
