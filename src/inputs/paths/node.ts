import type { LazyInput } from '../../io/random-access.ts'
import { listInputs } from '../node-inputs.ts'

/** The inputs that paths, folders, patterns and addresses stand for. @throws InputError as `listInputs` */
export function pathInputs(paths: readonly string[]): Promise<LazyInput[]> {
  return listInputs(paths)
}
