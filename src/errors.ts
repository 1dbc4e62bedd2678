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
    super(printable(`${file}: ${problem}`), options)
    this.file = file
    this.problem = printable(problem)
  }
}

/** Names from damaged files reach messages: what no terminal should get is replaced, what nobody reads to its end is cut. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
  const cut = clean.replace(/\S{201,}/g, (word) => `${word.slice(0, 100)}…${word.slice(-60)}`)
  return cut.length > 1500 ? `${cut.slice(0, 1200)}…${cut.slice(-200)}` : cut
}

/** A weight that is NaN or infinite. `index` counts in the layer's (out, in, row, column) order. */
export class NonFiniteWeightError extends InputError {
  override readonly name: string = 'NonFiniteWeightError'
  readonly layer: string
  readonly index: number

  constructor(file: string, model: string, layer: string, index: number, value: number | string) {
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
