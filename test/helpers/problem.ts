import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'

/** The sentence by which something is refused as bad input; anything else that happens is a fault. `work`: what is refused, or what does it. */
export async function problem(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('nothing was refused')
}
