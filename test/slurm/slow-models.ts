import { convolution, safetensors } from '../measure/models.ts'

/** A model of so many layers, each of which takes a tenth of a second to measure: orthogonality grows with the square of the outputs. */
export function slowModel(layers: number): Uint8Array {
  return safetensors(Array.from({ length: layers }, (_, k) => convolution(`layer${k}.weight`, [6144, 4, 3, 3], k + 1)))
}
