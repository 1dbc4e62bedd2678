import type { ConvShape } from '../../weights/plan.ts'
import type { Skipped } from '../source.ts'
import type { NamedTensor } from './named-tensor.ts'

const TABLE =
  /pos(ition(al)?)?_?(emb|enc|bias)|rel(ative)?_?pos|attn_?mask|attention_?mask|causal_?mask|(^|[._/])(mask|masked_bias|anchors?|anchor_grid|grid|running_(mean|var)|gamma|beta|bias)$/i
/** Last part of a name under which a layer's weight is stored. */
const WEIGHT = /(^|[._/])(weights?|kernel|w|filters?|weight_orig|(depthwise|pointwise)_(kernel|weights|filter))(:\d+)?$/i
/** The halves of a separable convolution, which share one bias. */
const SEPARABLE = /(depthwise|pointwise)_\w{1,40}(:\d{1,9})?$/i
/** Factors of LoRA, LoCon, LoHa, LoKr and their kin. */
const ADAPTER =
  /(^|[._/])(lora_(up|down|mid|[ab]|magnitude\w{0,40})|lora\.(up|down|mid)|hada_[wt]\d(_[ab])?|lokr_[wt]\d(_[ab])?|oft_blocks|oft_diag|\w{0,40}_lora\.(up|down))([._/]|$)/i
/** The largest kernel that is taken for one whatever the tensor is called; larger ones (patch embeddings) must be called a weight. */
const PLAIN_KERNEL = 11
const LARGEST_KERNEL = 63

/** Why a tensor is not measured; undefined for a convolution. */
export function judge(
  name: string,
  shape: readonly number[],
  byName: ReadonlyMap<string, NamedTensor>,
): Pick<Skipped, 'kind' | 'reason'> | undefined {
  if (shape.some((size) => size === 0)) return { kind: 'tensor', reason: 'empty' }
  if (name.endsWith('.diff')) return { kind: 'tensor', reason: 'a difference to a weight (LyCORIS), not a weight' }
  if (ADAPTER.test(name)) return { kind: 'tensor', reason: 'a factor of a low-rank adapter (LoRA), not a weight' }
  if (shape.length !== 4) {
    if (!WEIGHT.test(name)) return { kind: 'tensor', reason: `${shape.length}-D tensor` }
    if (shape.length === 3) return { kind: 'Conv', reason: '1-D convolution' }
    if (shape.length === 5) return { kind: 'Conv', reason: '3-D convolution' }
    return { kind: 'tensor', reason: `${shape.length}-D tensor` }
  }
  const [out, inPerGroup, height, width] = shape as unknown as ConvShape
  const stem = name.slice(0, Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1)
  const sibling = (last: string) => byName.get(stem + last)
  if (/(^|[._/])weight_mask$/.test(name)) return { kind: 'tensor', reason: 'pruning mask' }
  if (/(^|[._/])weight_[gv]$/.test(name) && sibling('weight_g') && sibling('weight_v'))
    return { kind: 'Conv', reason: 'half of a weight-normalised weight whose other half does not fit it' }
  if (/(^|[._/])weight_(orig|bar)$/.test(name) && sibling('weight_u'))
    return { kind: 'Conv', reason: 'stored before spectral normalisation, whose weight_u does not fit it' }
  if (/(^|[._/])weight_orig$/.test(name) && sibling('weight_mask'))
    return { kind: 'Conv', reason: 'stored before pruning, whose weight_mask does not fit it' }
  // Convolutions that make or stand for an encoding of positions are called so too, and their tensor is called a weight.
  const isLayer = isKernel(height, width) || (out > 1 && sibling('bias')?.shape.join() === String(out))
  if (TABLE.test(name) && !(WEIGHT.test(name) && isLayer)) return { kind: 'tensor', reason: 'a table, mask or scale by its name' }
  if (inPerGroup * height * width === 1 && !WEIGHT.test(name)) return { kind: 'tensor', reason: 'a factor for each channel' }
  const bias = sibling('bias')
  const biases = WEIGHT.test(name) && !SEPARABLE.test(name) && bias?.shape.length === 1 ? bias.shape[0] : undefined
  const biasSaysTransposed = biases !== undefined && biases > 0 && biases !== out && biases % inPerGroup === 0
  if (biasSaysTransposed) return { kind: 'ConvTranspose', reason: 'transposed convolution (its bias fits the second dimension)' }
  const biasSaysPlain = biases === out && out !== inPerGroup && inPerGroup !== 1
  if (isNamedTransposed(name) && !biasSaysPlain) return { kind: 'ConvTranspose', reason: 'transposed convolution by its name' }
  const isWeight = WEIGHT.test(name)
  if (out === 1 && !isWeight) return { kind: 'tensor', reason: 'leading dimension 1: an embedding, scale or table' }
  const largest = Math.max(height, width)
  if (largest > LARGEST_KERNEL || (largest > PLAIN_KERNEL && !isWeight))
    return { kind: 'tensor', reason: `${height}×${width} is no kernel size` }
  return undefined
}

/** A kernel with more than one tap and as many rows as columns, of a size that layers have. */
function isKernel(height: number, width: number): boolean {
  return height === width && height > 1 && height <= PLAIN_KERNEL
}

/**
 * Modulated convolutions of StyleGAN2 are kept as (1, out, in, rows, columns). A 3-D convolution to one channel has the same rank, but
 * its first size in space is that of the others, or 1.
 * @returns the shape without the 1; undefined for anything else
 */
export function modulatedShape({ name, shape }: NamedTensor, has: (name: string) => boolean): ConvShape | undefined {
  if (shape.length !== 5 || shape[0] !== 1 || !WEIGHT.test(name)) return undefined
  const [, out, inputs, height, width] = shape as [number, number, number, number, number]
  const stem = name.slice(0, name.lastIndexOf('.') + 1)
  const isModulated = has(`${stem}modulation.weight`) || (inputs > 3 && inputs !== height && !has(`${stem}bias`))
  return isModulated && height === width && height <= PLAIN_KERNEL ? [out, inputs, height, width] : undefined
}

/** Whether a name says that a kernel is transposed: deconv1, conv_transpose, ConvTranspose_0, transposed_conv, convt. */
export function isNamedTransposed(name: string): boolean {
  return name
    .toLowerCase()
    .split(/[._/]/)
    .some((part, k, parts) => {
      const pair = part + (parts[k + 1] ?? '')
      return part.startsWith('deconv') || /^convt\d*$/.test(part) || (/conv/.test(pair) && /transpose/.test(pair))
    })
}
