import type { FoundTensor, Network } from './networks.ts'

/** Parts that what follows a training is made of: the network beside its average, an average beside a backup. */
const MOST_PARTS = 4

/**
 * What a dict that follows another network through its training is made of, by the first part of its names: `online_model` and
 * `ema_model` of an average that keeps both, `shadow` beside a `backup`. Each has the key of the dict before its own. Tensors that are no
 * weights (a step, a decay) are left out.
 */
export function shadowParts({ key, tensors }: Network): Network[] {
  const parts = new Map<string, FoundTensor[]>()
  for (const tensor of tensors) {
    const dot = tensor.name.indexOf('.')
    if (dot < 0) {
      if (tensor.leaf.shape.length >= 3) return []
      continue
    }
    const part = tensor.name.slice(0, dot)
    const list = parts.get(part)
    if (!list && parts.size === MOST_PARTS) return []
    const one = { ...tensor, name: tensor.name.slice(dot + 1) }
    if (list) list.push(one)
    else parts.set(part, [one])
  }
  return [...parts].map(([part, tensors]) => ({ key: `${key}.${part}`, isModule: false, tensors }))
}

/**
 * A list of tensors (`shadow_params` of torch_ema and of score-based models: every parameter in the order of the network) under the names
 * of a network whose weights have the same shapes in the same order; undefined for anything else.
 */
export function asListOf(list: Network, original: Network): Network | undefined {
  const [own, named] = [list.tensors.filter(isWeight), original.tensors.filter(isWeight)]
  const isList =
    own.length > 0 && own.length === named.length && own.every(({ name }) => isNumber(name.slice(name.lastIndexOf('.') + 1)))
  if (!isList || own.some(({ leaf }, k) => leaf.shape.join() !== named[k]!.leaf.shape.join())) return undefined
  return { ...list, tensors: own.map((tensor, k) => ({ ...tensor, name: named[k]!.name })) }
}

function isNumber(text: string): boolean {
  return text !== '' && [...text].every((char) => char >= '0' && char <= '9')
}

/** Tensors of three and more dimensions are weights; the others biases, norms and counters. */
export function isWeight({ leaf }: FoundTensor): boolean {
  return leaf.shape.length >= 3
}
