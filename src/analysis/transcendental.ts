/** The functions of the WASM kernel that statistics pass through: engines differ in the last digit of their own. */
export interface Transcendental {
  /** Natural logarithm. */
  log(x: number): number
  /** Complementary error function. */
  erfc(x: number): number
}
