import { headFields } from '../unread/message-head.ts'

/** Whether a file begins as a ProgramDesc: a block (1) that begins with its numbers (1, 2). */
export function looksLikeProgram(head: Uint8Array): boolean {
  const [block] = headFields(head) ?? []
  if (block?.number !== 1 || block.wire !== 2) return false
  const [index, parent] = headFields(head, block.start, block.start + block.length) ?? []
  return index?.number === 1 && index.wire === 0 && parent?.number === 2 && parent.wire === 0
}
