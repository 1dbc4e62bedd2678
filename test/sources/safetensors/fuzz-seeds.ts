import { text } from '../inputs.ts'
import { float32, writeSafetensors } from './write.ts'

interface Seed {
  readonly path: string
  readonly bytes: Uint8Array
  readonly beside?: Readonly<Record<string, Uint8Array>>
}

/** Files from which mutated ones are made: single, half precision, turned kernels, shards with their index. */
export function fuzzSeeds(): Seed[] {
  const half = { dtype: 'F16', shape: [2, 2, 3, 3], bytes: new Uint8Array(72).fill(0x3c) }
  const quantised = { dtype: 'I8', shape: [2, 2, 3, 3], bytes: new Uint8Array(36) }
  const beside = {
    'm-00001-of-00002.safetensors': writeSafetensors({ 'a.weight': float32(2, 2, 3, 3), 'a.bias': float32(2) }),
    'm-00002-of-00002.safetensors': writeSafetensors({ 'b.weight': float32(2, 2, 3, 3) }),
  }
  const index = {
    metadata: { total_size: 296 },
    weight_map: {
      'a.weight': 'm-00001-of-00002.safetensors',
      'a.bias': 'm-00001-of-00002.safetensors',
      'b.weight': 'm-00002-of-00002.safetensors',
    },
  }
  return [
    {
      path: 'net.safetensors',
      bytes: writeSafetensors(
        {
          'conv1.weight': float32(4, 3, 3, 3),
          'bn.weight': float32(4),
          'up.weight': half,
          'q.weight': quantised,
          'fc.weight': float32(2, 4),
        },
        { format: 'pt' },
      ),
    },
    {
      path: 'tf.safetensors',
      bytes: writeSafetensors(
        { 'a/kernel:0': float32(3, 3, 2, 4), 'a/depthwise_kernel:0': float32(3, 3, 4, 2) },
        { format: 'tf' },
      ),
    },
    { path: 'm.safetensors.index.json', bytes: text(JSON.stringify(index)), beside },
  ]
}
