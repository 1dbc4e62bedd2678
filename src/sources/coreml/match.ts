import type { RandomAccess } from '../../io/random-access.ts'
import { headFields } from '../unread/message-head.ts'

/**
 * Core ML: the version of its format (field 1), a description of inputs and outputs (2), then the network under a number from 200
 * on, or a flag (10). A SavedModel begins alike, and goes on with more graphs (2).
 */
export async function looksLikeCoreMl(head: Uint8Array, access: RandomAccess): Promise<boolean> {
  const [version, description, next] = headFields(head) ?? []
  if (version?.number !== 1 || version.wire !== 0 || !(version.value >= 1 && version.value < 64)) return false
  if (description?.number !== 2 || description.wire !== 2) return false
  const end = description.start + description.length
  if (next) return isNetwork(next.number)
  if (end >= access.byteLength) return false
  const [later] = headFields(await access.read(end, Math.min(32, access.byteLength - end))) ?? []
  return later !== undefined && isNetwork(later.number)
}

function isNetwork(field: number): boolean {
  return field === 10 || (field >= 200 && field < 10_000)
}
