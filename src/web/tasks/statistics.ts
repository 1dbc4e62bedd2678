import { InputError } from '../../errors.ts'
import { otherTensors } from '../../measure/other-tensors.ts'
import { convolutionStatistics, type TensorStatistics, tensorStatistics } from '../../measure/tensor-statistics.ts'
import { openInstance } from '../../wasm/module.ts'
import { inTurn, modelInFile } from './layers.ts'
import type { TensorGiven } from './protocol.ts'

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
