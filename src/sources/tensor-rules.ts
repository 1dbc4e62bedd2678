import type { ConvShape, WeightPlan } from '../weights/plan.ts'
import type { Convolution, Skipped } from './source.ts'

/** A tensor of a file that stores names and shapes but no graph. */
export interface NamedTensor {
  readonly name: string
  /** As stored; 4-D shapes are (out, in per group, rows, columns). */
  readonly shape: readonly number[]
  /** The plan, or the name of a stored type that holds no weights ("BOOL", "F8_E4M3"). */
  readonly weights: WeightPlan | { readonly unsupported: string }
}

/** What a state dict holds, by names and shapes alone. */
export interface StateDictCensus {
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  /** One sentence for each thing that a state dict leaves open. */
  readonly warnings: string[]
}

/** A convolution that has not been given its depth yet. */
export type Unplaced = Omit<Convolution, 'depth' | 'conv_depth' | 'conv_depth_norm'>

/** Gives convolutions of a file without a graph their position in the file as depth. */
export function placeInFileOrder(list: readonly Unplaced[]): Convolution[] {
  const last = list.length - 1
  return list.map((convolution, depth) => ({
    ...convolution,
    depth,
    conv_depth: depth,
    conv_depth_norm: last > 0 ? depth / last : null,
  }))
}

const UPSAMPLING = /(^|[._/])(up|upsampl\w*|up_?conv\w*|up_?scal\w*|up_?\d+)([._/]|$)/i
const TABLE =
  /pos(ition(al)?)?_?(emb|enc|bias)|rel(ative)?_?pos|attn_?mask|attention_?mask|causal_?mask|(^|[._/])(mask|masked_bias|anchors?|anchor_grid|grid|running_(mean|var)|gamma|beta|bias)$/i
/** Last part of a name under which a layer's weight is stored. */
const WEIGHT = /(^|[._/])(weights?|kernel|w|filters?|weight_orig|(depthwise|pointwise)_(kernel|weights|filter))(:\d+)?$/i
/** The halves of a separable convolution, which share one bias. */
const SEPARABLE = /(depthwise|pointwise)_\w{1,40}(:\d{1,9})?$/i
/** The largest kernel that is taken for one whatever the tensor is called; larger ones (patch embeddings) must be called a weight. */
const PLAIN_KERNEL = 11
const LARGEST_KERNEL = 63

/**
 * Which tensors of a state dict are 2-D convolutions. `tensors` in the order of their bytes in the file (or of the dict):
 * that order is the depth. Groups are not stored in a state dict; 1 is reported, which no metric depends on.
 *
 * A 4-D float tensor is a convolution unless something speaks against it: its bias has as many entries as a transposed
 * convolution's would; its name says transposed, table, mask or embedding; it is one plane set (leading dimension 1) that
 * is not called a weight; its rows or columns are no kernel's; it is one half of a re-parametrised weight.
 * Tensors with fewer than three dimensions are not listed.
 */
export function stateDictConvolutions(tensors: readonly NamedTensor[]): StateDictCensus {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const kept: Unplaced[] = []
  const skipped: Skipped[] = []
  const upsampling: string[] = []
  const spectral: string[] = []
  for (const { name, shape, weights } of tensors) {
    if (shape.length < 3) continue
    const verdict = judge(name, shape, byName)
    if (verdict) {
      skipped.push({ name, shape, ...verdict })
    } else if ('unsupported' in weights) {
      skipped.push({ name, kind: 'Conv', shape, reason: `stored as ${weights.unsupported}, which is not read as weights` })
    } else {
      kept.push({ layer: name, shape: shape as unknown as ConvShape, groups: 1, weights })
      if (UPSAMPLING.test(name) && shape[2]! * shape[3]! > 1) upsampling.push(name)
      if (name.endsWith('weight_orig')) spectral.push(name)
    }
  }
  const warnings: string[] = []
  if (upsampling.length > 0)
    warnings.push(
      `${counted(upsampling)} may be transposed: a state dict does not say so, and they are measured as ordinary convolutions`,
    )
  if (spectral.length > 0)
    warnings.push(
      `${counted(spectral)} stored before spectral normalisation: their norms differ from the used weight's by one factor`,
    )
  return { convolutions: placeInFileOrder(kept), skipped, warnings }
}

/** Why a tensor is not measured; undefined for a convolution. */
function judge(
  name: string,
  shape: readonly number[],
  byName: ReadonlyMap<string, NamedTensor>,
): Pick<Skipped, 'kind' | 'reason'> | undefined {
  if (shape.some((size) => size === 0)) return { kind: 'tensor', reason: 'empty' }
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
  if (/(^|[._/])weight_orig$/.test(name) && sibling('weight_mask'))
    return { kind: 'Conv', reason: 'pruned weight stored apart from its mask; save the model after torch.nn.utils.prune.remove' }
  if (/(^|[._/])weight_[gv]$/.test(name) && sibling('weight_g') && sibling('weight_v'))
    return { kind: 'Conv', reason: 'half of a weight-normalised weight; save the model after remove_weight_norm' }
  if (/parametrizations\.[^.]+\.original[01]$/.test(name) && sibling('original0') && sibling('original1'))
    return { kind: 'Conv', reason: 'half of a parametrised weight; save the model after remove_parametrizations' }
  if (TABLE.test(name)) return { kind: 'tensor', reason: 'a table, mask or scale by its name' }
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

/** deconv1, conv_transpose, ConvTranspose_0, transposed_conv, convt. */
function isNamedTransposed(name: string): boolean {
  return name
    .toLowerCase()
    .split(/[._/]/)
    .some((part, k, parts) => {
      const pair = part + (parts[k + 1] ?? '')
      return part.startsWith('deconv') || /^convt\d*$/.test(part) || (/conv/.test(pair) && /transpose/.test(pair))
    })
}

function counted(names: readonly string[]): string {
  return names.length === 1 ? `layer ${names[0]}` : `${names.length} layers (${names[0]} …)`
}
