import { ComputeProblem } from './dense.ts'
import type { Expression } from './expression.ts'

/** An operator where it is used, with inputs that depend on constants alone. */
export interface OperatorCall {
  readonly operator: string
  /** Undefined for an input that is left out. */
  readonly inputs: readonly (Expression | undefined)[]
  /** How many outputs it has, and which of them is asked for. */
  readonly outputs: number
  readonly output: number
  integer(attribute: string, otherwise: number): number
  integers(attribute: string): readonly number[] | undefined
  float(attribute: string, otherwise: number): number
  text(attribute: string, otherwise: string): string
  /** The numbers of an input that says how to compute: a shape, axes, indices. @throws ComputeProblem when they are too many */
  numbers(input: number): Promise<readonly number[]>
}

/** What an operator makes of a call. @throws ComputeProblem when it cannot be imitated */
export type Operator = (call: OperatorCall) => Expression | Promise<Expression>

/** An input that must be there. */
export function inputOf({ inputs, operator }: OperatorCall, index: number): Expression {
  const found = inputs[index]
  if (!found) throw new ComputeProblem(`computed in the graph by ${operator} without its input ${index}`)
  return found
}

/** Whole numbers that an operator has as an attribute in older versions and as an input in newer ones; undefined where it has neither. */
export async function listOf(call: OperatorCall, attribute: string, input: number): Promise<readonly number[] | undefined> {
  return call.integers(attribute) ?? (call.inputs[input] ? call.numbers(input) : undefined)
}
