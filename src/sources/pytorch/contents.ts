import { memoryAccess } from '../../io/random-access.ts'
import { elementsOf } from '../../weights/elements.ts'
import { namedNumbers } from '../number-names.ts'
import { numpyNumbers } from '../numpy-numbers.ts'
import type { FileTensor } from '../source.ts'
import type { Checkpoint } from './container.ts'
import type { FoundTensor } from './networks.ts'
import { type Leaf, torchPlan } from './plan.ts'
import { leafTypeName } from './planned-tensor.ts'
import { TorchTensor } from './values.ts'

/** Tensors of a checkpoint as a list; `name` gives each the name that it goes by, or leaves it out. */
export function torchContents(
  checkpoint: Checkpoint,
  file: string,
  tensors: readonly FoundTensor[],
  name: (given: string) => string | undefined = (given) => given,
): FileTensor[] {
  return tensors.flatMap(({ name: given, leaf }) => {
    const shown = name(given)
    if (shown === undefined) return []
    return [
      {
        name: shown,
        shape: leaf.shape,
        type: leafTypeName(leaf),
        elements: () => elementsOfLeaf(checkpoint, file, given, leaf),
      },
    ]
  })
}

async function elementsOfLeaf(
  checkpoint: Checkpoint,
  file: string,
  name: string,
  leaf: Leaf,
): ReturnType<FileTensor['elements']> {
  const { shape } = leaf
  if (!(leaf instanceof TorchTensor)) {
    const { kind, itemSize, bigEndian } = leaf.type
    const dtype = numpyNumbers[`${kind}${itemSize}`]
    if (!dtype || bigEndian) return `numbers stored as NumPy ${bigEndian ? 'big-endian ' : ''}${kind}${itemSize} are not read`
    return elementsOf({ access: memoryAccess(`${file}/${name}`, leaf.bytes), offset: 0, dtype, shape })
  }
  const { strides, offset, type, storage, quantiser } = leaf
  if (leaf.count > storage.count) return `a tensor expanded from ${storage.count} elements`
  if (quantiser) {
    const plan = await torchPlan(checkpoint, file, name, leaf)
    return 'unsupported' in plan ? plan.unsupported : elementsOf({ ...plan, shape, strides })
  }
  const dtype = namedNumbers.get(type.name)
  if (!dtype) return `numbers stored as ${type.name} are not read`
  return elementsOf({ access: await checkpoint.storage(storage), offset: offset * type.bytes, dtype, shape, strides })
}
