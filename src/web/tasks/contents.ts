import { InputError } from '../../errors.ts'
import { otherTensors } from '../../measure/other-tensors.ts'
import { convolutionStatistics, type TensorStatistics, tensorStatistics } from '../../measure/tensor-statistics.ts'
import { openInstance } from '../../wasm/module.ts'
import { inTurn, modelInFile } from './layers.ts'
import type { Contents, ContentsGiven, TensorGiven } from './protocol.ts'

/** What a model's file holds beside what was measured: every convolution with its place in the graph, every other tensor. */
export function contentsOf(given: ContentsGiven): Promise<Contents> {
  return inTurn(async () => {
    const model = await modelInFile(given)
    const others = await otherTensors(model)
    return {
      convolutions: model.convolutions.map(({ layer, node, shape, groups, depth, conv_depth, weights }) => ({
        layer,
        node: node ?? null,
        shape,
        groups,
        depth,
        conv_depth,
        dtype: weights.dtype,
      })),
      others: others.map(({ name, shape, skipped, tensor }) => ({
        name,
        kind: skipped?.kind ?? null,
        reason: skipped?.reason ?? null,
        shape,
        dtype: tensor?.type ?? null,
      })),
    }
  })
}

/** What the numbers of one tensor are like; the reason when they cannot be read. */
export function statisticsInFile(
  { list, index, ...given }: TensorGiven,
  signal: AbortSignal,
): Promise<TensorStatistics | string> {
  return inTurn(async () => {
    const model = await modelInFile(given)
    const convolution = list === 'convolutions' ? model.convolutions[index] : undefined
    if (convolution) return convolutionStatistics(await openInstance(), convolution, signal)
    const tensor = list === 'others' ? (await otherTensors(model))[index]?.tensor : undefined
    if (!tensor) throw new InputError(given.input, 'has no such tensor any more; drop it again')
    return tensorStatistics(tensor, signal)
  })
}
