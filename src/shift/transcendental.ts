/** The functions of the WebAssembly module that statistics pass through: engines differ in the last digit of their own. */
export interface Transcendental {
  exp(x: number): number
  /** Natural logarithm. */
  log(x: number): number
}
