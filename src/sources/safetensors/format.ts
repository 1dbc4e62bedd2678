import { InputError } from '../../errors.ts'
import type { SourceFormat } from '../source.ts'

/** safetensors, one file or sharded with an index. */
export const safetensors: SourceFormat = {
  name: 'safetensors',
  match: () => false,
  open: async (input) => {
    throw new InputError(input.access.name, 'safetensors files are not read yet')
  },
}
