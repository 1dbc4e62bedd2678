// torch.export: the program and the list of weights are changed as JSON inside the archive, everything else as bytes.
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { changedJson } from './json.mjs'
import { changedInside } from './zips.mjs'

const KNOWN = [
  'torch.ops.aten.conv2d.default',
  'torch.ops.aten.clone.default',
  'torch.ops.higher_order.cond',
  { as_tensor: { name: 'x' } },
  { as_tensors: [{ name: 'relu' }, { name: 'x' }] },
  'torch.ops.quantized_decomposed.dequantize_per_channel.default',
  { as_int: 3 },
  { as_scalar_type: 2 },
  { as_ints: [1, 1] },
]

export default {
  name: 'torch-export',

  async seeds() {
    const names = [
      'net.pt2',
      'decomposed.pt2',
      'channels_last.pt2',
      'state_dict.pt2',
      'oldest.pt2',
      'computed.pt2',
      'quantised.pt2',
    ]
    return names.map((name) => ({ path: name, bytes: read(`torch-export/${name}`) }))
  },

  mutate(seed, random) {
    const change = (bytes, name) =>
      name.endsWith('.json')
        ? bytesOf(JSON.stringify(changedJson(JSON.parse(textOf(bytes)), random, KNOWN)))
        : mutateBytes(bytes, random)
    return { ...seed, bytes: changedInside(seed.bytes, random, change) }
  },
}
