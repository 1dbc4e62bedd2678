import { InputError } from '../../errors.ts'
import { child, type XmlElement } from './xml.ts'

// OpenVINO IR, versions 10 and 11: an .xml of layers and edges, and a .bin with the values of its Const layers.
//
//   <net name version><layers><layer id name type><data …/><output><port id><dim>…
//   <edges><edge from-layer from-port to-layer to-port/>

export interface IrLayer {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly data: ReadonlyMap<string, string>
  /** The shape of its first output. */
  readonly shape: readonly number[]
  /** The layers whose outputs it takes, by the order of its ports. */
  readonly inputs: readonly string[]
  /** Types of the layers in its bodies (If, Loop, TensorIterator). */
  readonly inside: readonly string[]
}

export interface IrNetwork {
  readonly name: string
  readonly version: number
  readonly layers: ReadonlyMap<string, IrLayer>
}

/** @throws InputError when the document is no network of a version that is read */
export function readNetwork(file: string, root: XmlElement): IrNetwork {
  const version = Number(root.attributes.get('version'))
  const [layers, edges] = [child(root, 'layers'), child(root, 'edges')]
  if (root.name !== 'net' || !layers || !edges)
    throw new InputError(file, 'OpenVINO: it has no layers and edges; the file is damaged, get it again')
  if (version < 10 || version > 11)
    throw new InputError(
      file,
      `OpenVINO: it has IR version ${version}, and 10 and 11 are read; convert the model again with a newer OpenVINO`,
    )
  const inputs = new Map<string, [port: number, from: string][]>()
  for (const { attributes } of edges.children) {
    const [from, to, port] = [attributes.get('from-layer'), attributes.get('to-layer'), Number(attributes.get('to-port') ?? 0)]
    if (from === undefined || to === undefined) continue
    const own = inputs.get(to)
    if (own) own.push([port, from])
    else inputs.set(to, [[port, from]])
  }
  const found = new Map<string, IrLayer>()
  for (const element of layers.children) {
    const [id, type] = [element.attributes.get('id'), element.attributes.get('type')]
    if (element.name !== 'layer' || id === undefined || type === undefined) continue
    if (found.has(id)) throw new InputError(file, `OpenVINO: two layers have the id ${id}; the file is damaged, get it again`)
    const port = child(element, 'output')?.children[0]
    found.set(id, {
      id,
      name: element.attributes.get('name') ?? id,
      type,
      data: child(element, 'data')?.attributes ?? new Map(),
      shape: (port?.children ?? []).filter(({ name }) => name === 'dim').map(({ text }) => Number(text)),
      inputs: (inputs.get(id) ?? []).sort((a, b) => a[0] - b[0]).map(([, from]) => from),
      inside: typesInside(element),
    })
  }
  return { name: root.attributes.get('name') ?? '', version, layers: found }
}

function typesInside(element: XmlElement): string[] {
  return element.children.flatMap((part) => [
    ...(part.name === 'layer' ? [part.attributes.get('type') ?? ''] : []),
    ...typesInside(part),
  ])
}

/** Numbers of an attribute such as "3, 3". */
export function numbers(text: string | undefined): number[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number)
}

/**
 * Per layer, the longest path from a Parameter that leads to it, as for ONNX: what takes a Parameter lies at 0. Layers that
 * no Parameter reaches are absent.
 * @throws InputError when the graph runs in a circle
 */
export function irDepths(file: string, { layers }: IrNetwork): Map<string, number> {
  const depths = new Map<string, number>()
  const waiting = new Map<string, number>()
  const readers = new Map<string, string[]>()
  for (const { id, inputs } of layers.values()) {
    const known = inputs.filter((from) => layers.has(from))
    waiting.set(id, known.length)
    for (const from of known) {
      const own = readers.get(from)
      if (own) own.push(id)
      else readers.set(from, [id])
    }
  }
  const ready = [...layers.keys()].filter((id) => waiting.get(id) === 0)
  for (let k = 0; k < ready.length; k++) {
    const { id, type } = layers.get(ready[k]!)!
    const next = type === 'Parameter' ? 0 : depths.has(id) ? depths.get(id)! + 1 : undefined
    for (const reader of readers.get(id) ?? []) {
      if (next !== undefined && next > (depths.get(reader) ?? -1)) depths.set(reader, next)
      const left = waiting.get(reader)! - 1
      waiting.set(reader, left)
      if (left === 0) ready.push(reader)
    }
  }
  if (ready.length < layers.size) throw new InputError(file, 'OpenVINO: its graph runs in a circle; it is no valid model')
  return depths
}
