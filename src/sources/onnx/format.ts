import { InputError } from '../../errors.ts'
import type { Input } from '../../io/random-access.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { headFields } from '../unread/message-head.ts'
import { takeCensus } from './census.ts'
import { onnxContents } from './contents.ts'
import { ExternalFiles } from './external.ts'
import { readModel } from './messages.ts'
import type { GraphRecord } from './records.ts'

/** ONNX models: a ModelProto in one file, its tensors inside or in files beside it. */
export const onnx: SourceFormat = {
  name: 'ONNX',
  match: (head, input) => looksLikeModel(head, input.access.byteLength),
  open,
}

async function open(input: Input): Promise<Source> {
  const { access, folder } = input
  const model = await readModel(access)
  if (!model.graph) throw new InputError(access.name, 'is an ONNX file without a graph; export the model again')
  const external = new ExternalFiles(access, folder)
  try {
    const { warnings, ...census } = await takeCensus(model, external)
    const producer = [model.producer, model.producerVersion].map((part) => part.trim()).filter((part) => part !== '')
    return {
      format: 'ONNX',
      models: [
        {
          name: modelName(input.path),
          format: 'ONNX',
          producer: producer.join(' ') || null,
          opset: model.opset ?? null,
          depth_source: 'graph',
          ...census,
          contents: async () => onnxContents(model, external),
          operators: operatorCounts(model.graph),
          meta: {},
          parts: external.parts,
        },
      ],
      warnings,
      async close() {
        await external.close()
        await access.close?.()
      },
    }
  } catch (error) {
    await external.close()
    throw error
  }
}

/** How often each operator stands in the graph; those inside of a loop's or a branch's body are not counted. */
function operatorCounts({ nodes }: GraphRecord): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { operator } of nodes) counts.set(operator, (counts.get(operator) ?? 0) + 1)
  return Object.fromEntries(counts)
}

/** Fields of a ModelProto: number → wire type. */
const FIELDS: Readonly<Record<number, number>> = { 1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2 }
const GRAPH_FIRST = new Set([0x0a, 0x12, 0x2a, 0x52, 0x5a, 0x62, 0x6a, 0x72, 0x7a])

/**
 * ONNX has no signature. A file is taken for it when its first bytes read as fields of a ModelProto, one of them the IR
 * version (1 to 255), a set of operators or the graph; a producer or domain must read as text.
 */
function looksLikeModel(head: Uint8Array, byteLength: number): boolean {
  let at = 0
  let sure = false
  const varint = (): number => {
    let value = 0
    for (let k = 0, factor = 1; k < 10; k++, factor *= 128) {
      const byte = head[at++]
      if (byte === undefined) return Number.NaN
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < head.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    if (Number.isNaN(tag)) return sure
    if (FIELDS[field] !== tag % 8) return false
    const value = varint()
    if (Number.isNaN(value)) return sure
    if (tag % 8 === 0) {
      if (field === 1) {
        if (value < 1 || value > 255) return false
        sure = true
      }
      continue
    }
    if (field <= 4 && field >= 2 && (value > 1024 || at + value > byteLength || !isText(head.subarray(at, at + value), value)))
      return false
    if (field === 7) return value === 0 || at >= head.length || GRAPH_FIRST.has(head[at]!)
    if (field === 8) {
      if (value > 1024 || (value > 0 && at < head.length && head[at] !== 0x0a && head[at] !== 0x10)) return false
      sure = true
    }
    at += value
  }
  return sure
}

/** Text, or bytes with control characters among them that are no message: Core ML has a description where ONNX has a name. */
function isText(bytes: Uint8Array, length: number): boolean {
  if (bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)) return true
  const fields = headFields(bytes, 0, length)
  return fields === undefined || fields.length === 0
}
