import { otherTensors } from '../../measure/other-tensors.ts'
import { inTurn, modelInFile } from './layers.ts'
import type { Contents, ContentsGiven } from './protocol.ts'

/** What a model's file holds beside what was measured: every convolution with its place in the graph, every other tensor. */
export function contentsOf(given: ContentsGiven): Promise<Contents> {
  return inTurn(async () => {
    const model = await modelInFile(given)
    const others = await otherTensors(model)
    return {
      isWhole: model.contents !== undefined,
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
