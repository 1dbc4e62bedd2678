import { InputError } from '../../errors.ts'
import type { SourceFormat } from '../source.ts'

/** ONNX models. */
export const onnx: SourceFormat = {
  name: 'ONNX',
  match: () => false,
  open: async (input) => {
    throw new InputError(input.access.name, 'ONNX files are not read yet')
  },
}
