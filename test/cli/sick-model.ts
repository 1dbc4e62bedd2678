import { convolution, randomValues, safetensors, type Tensor } from '../measure/models.ts'

/** A layer of which most filters are next to zero. */
const dead = convolution('features.1.weight', [32, 16, 3, 3], 2, 1)
for (let k = 0; k < 9 * 64; k++) dead.values[k] = dead.values[k]! * 1000

/** Every output channel is nearly the same. */
const copied: Tensor = { name: 'features.2.weight', shape: [32, 16, 3, 3], values: randomValues(32 * 16 * 9, 3) }
for (let k = 144; k < copied.values.length; k++) copied.values[k] = copied.values[k % 144]! + 0.001 * copied.values[k]!

const broken = convolution('features.4.weight', [16, 16, 3, 3], 5)
broken.values[7] = Number.NaN

/** Taps of one variance are those of a network before its training: the centres of these have nine times as much. */
function trained(tensor: Tensor): Tensor {
  for (let k = 4; k < tensor.values.length; k += 9) tensor.values[k] = 3 * tensor.values[k]!
  return tensor
}

const healthy = (name: string, seed: number): Tensor => trained(convolution(name, [16, 16, 3, 3], seed, 1e9))

/** A network of healthy layers; one of a depthwise layer, which cannot be orthogonal, too. */
export const healthyModel: Uint8Array = safetensors([
  healthy('features.0.weight', 1),
  healthy('features.1.weight', 2),
  trained(convolution('depthwise.weight', [32, 1, 3, 3], 4, 1e9)),
])

/** One that is sparse, one of copies, one that holds NaN. */
export const sickModel: Uint8Array = safetensors([healthy('features.0.weight', 1), dead, copied, broken])

/** As the healthy one, but its second layer is mostly dead. */
export const worseModel: Uint8Array = safetensors([
  healthy('features.0.weight', 1),
  trained(convolution('features.1.weight', [16, 16, 3, 3], 2, 2)),
  trained(convolution('depthwise.weight', [32, 1, 3, 3], 4, 1e9)),
])
