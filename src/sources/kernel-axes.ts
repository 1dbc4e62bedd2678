import { isNamedTransposed } from './state-dict/judge.ts'
import type { NamedTensor } from './tensor-rules.ts'

/**
 * How the axes of kernels are stored: PyTorch's (out, in, rows, columns), MLX's (out, rows, columns, in), and that of TensorFlow, JAX
 * and Keras, (rows, columns, in, out).
 */
export type KernelAxes = 'oihw' | 'ohwi' | 'hwio'

const ALL: readonly KernelAxes[] = ['oihw', 'ohwi', 'hwio']
/** Where out, in, rows and columns stand among the stored axes. */
const PLACES: Readonly<Record<KernelAxes, readonly [number, number, number, number]>> = {
  oihw: [0, 1, 2, 3],
  ohwi: [0, 3, 1, 2],
  hwio: [3, 2, 0, 1],
}
const WORDS: Readonly<Record<KernelAxes, string>> = {
  oihw: '(out, in, rows, columns), as PyTorch stores them',
  ohwi: '(out, rows, columns, in), as MLX stores them',
  hwio: '(rows, columns, in, out), as TensorFlow and JAX store them',
}

/** The largest side of a kernel when a shape alone tells its axes. */
const LARGEST_SIDE = 11
/** Channels of images, and of what is fed as one. */
const IMAGE_CHANNELS = new Set([1, 3, 4])
/** What is no kernel by its name: tables and masks have four axes as well. */
const NO_KERNEL =
  /(?:^|[._/])(?:bias|mask|masked_bias|gamma|beta|scale)$|(?:pos(?:ition(?:al)?)?_?emb|rel(?:ative)?_?pos)\w{0,60}$/i

export interface KernelReading {
  readonly tensors: NamedTensor[]
  /** Which axes were read otherwise than PyTorch's, and what could not be told. */
  readonly warnings: string[]
}

/** Layouts that the sizes of a 4-D tensor allow: no kernel has a side beyond 11. */
function allowed(shape: readonly number[]): KernelAxes[] {
  return ALL.filter((axes) => {
    const [, , rows, columns] = sizes(shape, axes)
    return rows <= LARGEST_SIDE && columns <= LARGEST_SIDE
  })
}

function sizes(shape: readonly number[], axes: KernelAxes): [out: number, inputs: number, rows: number, columns: number] {
  const [o, i, r, c] = PLACES[axes]
  return [shape[o]!, shape[i]!, shape[r]!, shape[c]!]
}

/** Square and larger than 1×1, as most kernels are and tables and masks of these sizes are not. */
function isWide(shape: readonly number[], axes: KernelAxes): boolean {
  const [, , rows, columns] = sizes(shape, axes)
  return rows === columns && rows > 1
}

/** 3×3, 5×5 or 7×7. */
function isUsual(shape: readonly number[], axes: KernelAxes): boolean {
  const [, , rows, columns] = sizes(shape, axes)
  return rows === columns && [3, 5, 7].includes(rows)
}

/** The one layout that a shape allows; where several are, the one that makes the kernel square. */
function voteOf(shape: readonly number[]): KernelAxes | undefined {
  const open = allowed(shape)
  const square = open.filter((axes) => sizes(shape, axes)[2] === sizes(shape, axes)[3])
  return open.length === 1 ? open[0] : square.length === 1 ? square[0] : undefined
}

/**
 * The axes of a model's kernels, judged over all of them, for files that do not say who wrote them. PyTorch's unless all that is
 * clear says otherwise, kernels larger than 1×1 among it, and the rest of the model agrees: the lengths of biases, or the channels
 * that one kernel hands on to another, or a first kernel for images. Undefined when the shapes cannot be PyTorch's and nothing else fits.
 */
export function kernelAxes(tensors: readonly NamedTensor[], isLenient = false): KernelAxes | undefined {
  const kernels = tensors.filter(({ name, shape }) => shape.length === 4 && !shape.includes(0) && !NO_KERNEL.test(name))
  const votes: Record<KernelAxes, number> = { oihw: 0, ohwi: 0, hwio: 0 }
  // Kernels larger than 1×1 that can be stored in one way alone, or are square in one alone, as in networks of few channels.
  const wide: Record<KernelAxes, number> = { oihw: 0, ohwi: 0, hwio: 0 }
  for (const { shape } of kernels) {
    const vote = voteOf(shape)
    if (vote === undefined) continue
    votes[vote]++
    if (isWide(shape, vote) && (allowed(shape).length === 1 || isUsual(shape, vote))) wide[vote]++
  }
  const others = ALL.filter((axes) => axes !== 'oihw').sort((a, b) => votes[b] - votes[a])
  const [first, second] = others as [KernelAxes, KernelAxes]
  if (votes[first] === 0) return votes.oihw === 0 && allNamedKernel(kernels) ? 'hwio' : 'oihw'
  // A few tensors of PyTorch's shape, or of the other's, do not stand against many.
  if (votes.oihw * 4 > votes[first]) return 'oihw'
  if (isLenient && first === 'hwio') return first
  if (votes[second] * 4 > votes[first] || wide[first] === 0 || !agrees(kernels, tensors, first)) return undefined
  return first
}

function allNamedKernel(kernels: readonly NamedTensor[]): boolean {
  return kernels.length > 0 && kernels.every(({ name }) => /(^|[./_])kernel(:\d+)?$/.test(name))
}

/** Whether biases, channels or the image say that the kernels are stored so. */
function agrees(kernels: readonly NamedTensor[], tensors: readonly NamedTensor[], axes: KernelAxes): boolean {
  const lengths = new Map(tensors.flatMap(({ name, shape }) => (shape.length === 1 ? [[name, shape[0]!] as const] : [])))
  let fitting = 0
  let biased = 0
  for (const { name, shape } of kernels) {
    const stem = name.slice(0, Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1)
    const length = ['bias', 'biases', 'bias:0', 'b'].map((last) => lengths.get(stem + last)).find((found) => found !== undefined)
    if (length === undefined) continue
    biased++
    if (length === sizes(shape, axes)[0]) fitting++
  }
  if (biased > 0) return fitting >= 0.75 * biased
  const outs = new Set(kernels.map(({ shape }) => sizes(shape, axes)[0]))
  const chained = kernels.filter(({ shape }) => outs.has(sizes(shape, axes)[1]) || IMAGE_CHANNELS.has(sizes(shape, axes)[1]))
  return chained.length >= 0.5 * kernels.length
}

/** 4-D tensors with their axes in PyTorch's order; `perTensor`: a shape that allows one layout alone has it, whatever the others have. */
export function readKernels(tensors: readonly NamedTensor[], options: { readonly perTensor?: boolean } = {}): KernelReading {
  const found = kernelAxes(tensors, options.perTensor)
  const turned: Record<KernelAxes, string[]> = { oihw: [], ohwi: [], hwio: [] }
  const unclear: string[] = []
  const usual = found ?? 'oihw'
  const read = tensors.map((tensor): NamedTensor => {
    const { name, shape, weights } = tensor
    if (shape.length !== 4 || 'unsupported' in weights) return tensor
    const open = allowed(shape)
    const only = options.perTensor && open.length === 1 && open[0] !== 'ohwi' ? open[0]! : undefined
    const axes = only ?? usual
    if (
      found === undefined &&
      !only &&
      !open.includes('oihw') &&
      open.some((other) => isWide(shape, other)) &&
      !NO_KERNEL.test(name)
    )
      unclear.push(name)
    if (axes === 'oihw' || (!only && !open.includes(axes))) return tensor
    turned[axes].push(name)
    return inOrder(tensor, axes)
  })
  const warnings = ALL.flatMap((axes) => (turned[axes].length > 0 ? [`${arrays(turned[axes])} read as ${WORDS[axes]}`] : []))
  if (unclear.length > 0)
    warnings.push(
      `the axes of ${unclear.length} tensors (${unclear[0]} …) are not (out, in, rows, columns), and the file does not tell what they are`,
    )
  return { tensors: read, warnings }
}

function arrays(names: readonly string[]): string {
  return names.length === 1 ? `array ${names[0]} is` : `${names.length} arrays (${names[0]} …) are`
}

/** A tensor with its kernel as (out, in, rows, columns); a depthwise one of TensorFlow, (rows, columns, C, M), gets C·M outputs. */
function inOrder(tensor: NamedTensor, axes: KernelAxes): NamedTensor {
  const { name, shape, weights } = tensor
  if ('unsupported' in weights) return tensor
  const [a, b, c, d] = shape as [number, number, number, number]
  const strides = weights.strides ?? [b * c * d, c * d, d, 1]
  // One stride must lead over c·M + m, which only C order has.
  if (axes === 'hwio' && /depthwise_(kernel|weights?|filter)(:\d+)?$/i.test(name) && strides[3] === 1 && strides[2] === d)
    return { name, shape: [c * d, 1, a, b], weights: { ...weights, strides: [1, 1, strides[0], strides[1]] } }
  const [o, i, r, s] = PLACES[axes]
  return {
    name,
    shape: sizes(shape, axes),
    weights: { ...weights, strides: [strides[o]!, strides[i]!, strides[r]!, strides[s]!] },
    // JAX's transposed kernels have the same axes, and as many biases as outputs: the name alone tells them.
    ...(axes === 'hwio' && isNamedTransposed(name) && { module: { groups: 1, transposed: true } }),
  }
}
