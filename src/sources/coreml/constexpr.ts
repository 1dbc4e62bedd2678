import type { MilConstants } from './blobs.ts'
import { affine, dense, lookedUp, type MilTensor, maskOf, milCount, palettised, placed, shiftedScaled } from './compressed.ts'
import type { ConstantRecord, OperationRecord } from './records.ts'

/** Operations that make constants of constants of constants. */
const DEEPEST = 8
const MOST_AXES = 8

/** Why weights are not read, in words. */
type Reason = string

/**
 * The tensor that an operation constexpr_* of a program stands for, or why it is not read. Nothing of it is computed before it is read.
 * @throws InputError when what it is made of does not fit together
 */
export class Constexprs {
  readonly #makers: ReadonlyMap<string, OperationRecord>
  readonly #constants: MilConstants

  constructor(makers: ReadonlyMap<string, OperationRecord>, constants: MilConstants) {
    this.#makers = makers
    this.#constants = constants
  }

  /** @param output the name of the one of its outputs that is asked for */
  async tensor(operation: OperationRecord, output: string, depth = 0): Promise<MilTensor | Reason> {
    if (depth > DEEPEST) return `its weights are compressed more than ${DEEPEST} times over`
    const of = (parameter: string): Promise<MilTensor | Reason> => this.#argument(operation, parameter, depth)
    const numbers = async (parameter: string): Promise<readonly number[] | Reason> => {
      const found = await of(parameter)
      if (typeof found === 'string') return found
      const count = milCount(found.shape)
      return count > MOST_AXES ? `its ${parameter} has ${count} numbers` : [...(await found.elements(0, count))]
    }
    switch (operation.type) {
      case 'constexpr_cast':
        return all([await of('source_val')], ([source]) => ({ ...source, type: 'float32', bits: 32 }))
      case 'constexpr_affine_dequantize': {
        const axis = await numbers('axis')
        if (typeof axis === 'string') return axis
        return all([await of('quantized_data'), await of('scale'), await of('zero_point')], ([data, scale, zero]) =>
          affine(data, scale, zero, axis[0] ?? 0),
        )
      }
      case 'constexpr_blockwise_shift_scale':
        return this.#blockwise(operation, await of('data'), depth)
      case 'constexpr_lut_to_dense': {
        const parts = [await of('indices'), await of('lut')] as const
        if (!has(operation, 'shape')) return this.#table(operation, parts, depth)
        const shape = await numbers('shape')
        return typeof shape === 'string' ? shape : all(parts, ([indices, table]) => lookedUp(indices, table, shape))
      }
      case 'constexpr_sparse_to_dense': {
        const parts = [await of('nonzero_data'), await of('mask')] as const
        if (!has(operation, 'shape')) return all(parts, ([values, mask]) => dense(placed(values, mask)))
        const shape = await numbers('shape')
        return typeof shape === 'string' ? shape : all(parts, ([values, mask]) => dense(placed(values, maskOf(mask, shape))))
      }
      case 'constexpr_lut_to_sparse': {
        const indices = all([await of('indices_nonzero_data'), await of('indices_mask')], ([own, mask]) => placed(own, mask))
        return maskOr(operation, output, await this.#table(operation, [indices, await of('lut')], depth))
      }
      case 'constexpr_sparse_blockwise_shift_scale': {
        const data = all([await of('nonzero_data'), await of('data_mask')], ([own, mask]) => placed(own, mask))
        return maskOr(operation, output, await this.#blockwise(operation, data, depth))
      }
      default:
        return `its weights are compressed (${operation.type})`
    }
  }

  async #blockwise(operation: OperationRecord, data: MilTensor | Reason, depth: number): Promise<MilTensor | Reason> {
    const scale = await this.#argument(operation, 'scale', depth)
    if (!has(operation, 'offset')) return all([data, scale], ([own, factors]) => shiftedScaled(own, factors, undefined))
    const offset = await this.#argument(operation, 'offset', depth)
    return all([data, scale, offset], ([own, factors, shifts]) => shiftedScaled(own, factors, shifts))
  }

  async #table(
    operation: OperationRecord,
    parts: readonly [MilTensor | Reason, MilTensor | Reason],
    depth: number,
  ): Promise<MilTensor | Reason> {
    if (!has(operation, 'vector_axis')) return all(parts, ([indices, table]) => palettised(indices, table, undefined))
    const axis = await this.#argument(operation, 'vector_axis', depth)
    if (typeof axis === 'string') return axis
    const [along] = await axis.elements(0, 1)
    return all(parts, ([indices, table]) => palettised(indices, table, along))
  }

  /** What is bound to a parameter: a constant in its place or by its name, or another such operation. */
  async #argument(operation: OperationRecord, parameter: string, depth: number): Promise<MilTensor | Reason> {
    const own = operation.constants.get(parameter)
    if (own) return this.#constant(`${operation.outputs[0] ?? operation.type}/${parameter}`, own)
    const [name = ''] = operation.inputs.get(parameter) ?? []
    const maker = this.#makers.get(name)
    const value = maker?.type === 'const' ? maker.constants.get('val') : undefined
    if (value) return this.#constant(name, value)
    if (!maker) return `its weights are compressed (${operation.type} without ${parameter})`
    return maker.type.startsWith('constexpr_')
      ? this.tensor(maker, name, depth + 1)
      : `its weights are computed in the program (${maker.type})`
  }

  async #constant(name: string, constant: ConstantRecord): Promise<MilTensor | Reason> {
    return this.#constants.tensor(name, constant)
  }
}

function has(operation: OperationRecord, parameter: string): boolean {
  return operation.constants.has(parameter) || (operation.inputs.get(parameter)?.length ?? 0) > 0
}

/** Of the two outputs of an operation on stored numbers the first is the mask. */
function maskOr(operation: OperationRecord, output: string, found: MilTensor | Reason): MilTensor | Reason {
  if (typeof found === 'string' || output !== operation.outputs[0] || !found.mask) return found
  return found.mask
}

type Tensors<P extends readonly unknown[]> = { readonly [K in keyof P]: MilTensor }

/** The first reason among the parts, or what is made of them. */
function all<P extends readonly (MilTensor | Reason)[]>(
  parts: readonly [...P],
  make: (tensors: Tensors<P>) => MilTensor,
): MilTensor | Reason {
  const reason = parts.find((part) => typeof part === 'string')
  return typeof reason === 'string' ? reason : make(parts as unknown as Tensors<P>)
}
