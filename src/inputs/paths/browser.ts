import { UsageError } from '../../errors.ts'
import type { LazyInput } from '../../io/random-access.ts'

/** In a browser there are none. @throws UsageError */
export function pathInputs([path = '']: readonly string[]): Promise<LazyInput[]> {
  return Promise.reject(
    new UsageError(`inputs: "${path}" is a path, which only Node can read; give File objects, Blobs or bytes`),
  )
}
