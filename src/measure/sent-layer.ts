import { InputError } from '../errors.ts'
import { spanOf } from '../weights/boxes.ts'
import { weightReader } from '../weights/reader.ts'
import { storedBytes } from '../weights/stored-bytes.ts'
import type { LayerJob } from './measurer.ts'
import { originsOf, type SentError, type SentLayer } from './pool-protocol.ts'

/**
 * A layer as it is sent to a thread; its bytes too when threads cannot open them, unless they are more than `most`: then undefined.
 * @throws InputError when the bytes cannot be read
 */
export async function sentLayer({ plan, shape, ...groups }: LayerJob, most: number): Promise<SentLayer | undefined> {
  const { access, ...rest } = plan
  const origins = originsOf(access)
  if (origins) return { bytes: origins, plan: rest, shape, ...groups }
  weightReader(plan, shape) // its sentence when the file is too short
  const [out, inputs, height, width] = shape
  const strides = plan.strides ?? [inputs * height * width, height * width, width, 1]
  const filters = out * inputs
  const elements = filters === 0 ? 0 : spanOf(strides, { out: 0, outs: out, input: 0, inputs }, height, width).length
  const length = elements * storedBytes[plan.dtype]
  if (length > most) return undefined
  const bytes = new Uint8Array(length)
  await access.read(plan.offset, length, bytes)
  return { bytes: { kind: 'sent', name: access.name, bytes: bytes.buffer }, plan: { ...rest, offset: 0 }, shape, ...groups }
}

/** An error that came from a thread, as it was there. */
export function revivedError({ name, message, file, problem, stack }: SentError): Error {
  if (file !== undefined && problem !== undefined) return new InputError(file, problem)
  const error = new Error(message)
  error.name = name
  if (stack) error.stack = stack
  return error
}
