/**
 * An input that cannot be used: the message is one sentence, `<file>: <what is wrong, where, what to do>`.
 * The command line prints it after `filterlens: ` and exits with 2.
 */
export class InputError extends Error {
  override readonly name: string = 'InputError'
  /** The file (or the entry inside it) that is at fault, as the person named it. */
  readonly file: string
  /** The sentence without the file. */
  readonly problem: string

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options)
    this.file = file
    this.problem = problem
  }
}

/** A weight that is NaN or infinite. `index` counts in the layer's (out, in, row, column) order. */
export class NonFiniteWeightError extends InputError {
  override readonly name: string = 'NonFiniteWeightError'
  readonly layer: string
  readonly index: number

  constructor(file: string, model: string, layer: string, index: number, value: number) {
    super(
      file,
      `model ${model}, layer ${layer}: the weight at index ${index} is ${value}; repair the model, or leave such layers out with --skip-non-finite`,
    )
    this.layer = layer
    this.index = index
  }
}

/** Options that contradict each other or name nothing: exit code 2, no file at fault. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** True for the errors whose message is meant for a person as it stands (no stack). */
export function isPlainError(error: unknown): error is InputError | UsageError {
  return error instanceof InputError || error instanceof UsageError
}
