import type { FileTensor, Skipped, SourceModel } from '../sources/source.ts'

/** What a file holds beside the weights of its convolutions: a tensor, a node without one, or a part that was left out as a whole. */
export interface OtherTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** What it is and why it is not measured, where the reader says so. */
  readonly skipped: Pick<Skipped, 'kind' | 'reason'> | null
  /** Null where there is nothing to read. */
  readonly tensor: FileTensor | null
}

/** Everything in a model's file but the weights of its convolutions: tensors in the order of the file, then what has none. */
export async function otherTensors({ convolutions, skipped, contents }: SourceModel): Promise<OtherTensor[]> {
  const layers = new Set(convolutions.map(({ layer }) => layer))
  const reasons = new Map(skipped.map((one) => [one.name, one]))
  const tensors = ((await contents?.()) ?? []).filter(({ name }) => !layers.has(name))
  const listed = new Set(tensors.map(({ name }) => name))
  return [
    ...tensors.map((tensor) => ({
      name: tensor.name,
      shape: tensor.shape,
      skipped: reasons.get(tensor.name) ?? null,
      tensor,
    })),
    ...skipped
      .filter(({ name }) => !listed.has(name))
      .map((one) => ({ name: one.name, shape: one.shape, skipped: one, tensor: null })),
  ]
}
