import { InputError } from '../../errors.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import { isRecord, readJson } from '../json-file.ts'
import { type FlowNode, longestPaths } from '../longest-path.ts'
import type { ModuleRole } from '../state-dict/named-tensor.ts'

const MOST_NODES = 1_000_000
const LARGEST_SYMBOL = 64 << 20

/** A convolution of a network's symbol, by the name of its weight. */
export interface SymbolLayer {
  readonly role: ModuleRole
  /** Longest path from an input; less than 0 where no path leads to it. */
  readonly depth: number
}

interface SymbolNode {
  readonly op: string
  readonly name: string
  readonly inputs: readonly number[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/** The symbol that lies beside the parameters of an epoch: net-symbol.json for net-0010.params; undefined where there is none. */
export async function openSymbol({ path, folder }: Input): Promise<RandomAccess | undefined> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const prefix = /^(.*)-\d{4,}\.params$/.exec(name)?.[1] ?? name.replace(/\.params$/, '')
  return folder.open(`${prefix}-symbol.json`)
}

/**
 * Reads a symbol: nodes in the order in which they run, each with the numbers of those that it takes.
 * @returns the convolutions by their weights' names @throws InputError when it is none
 */
export async function readSymbol(
  access: RandomAccess,
  isParameter: (name: string) => boolean,
): Promise<Map<string, SymbolLayer>> {
  if (access.byteLength > LARGEST_SYMBOL) throw new InputError(access.name, 'is larger than any MXNet symbol')
  const nodes = nodesOf(access.name, await readJson(access))
  const modelInputs = new Set<number>()
  const flow: FlowNode[] = []
  const places: number[] = []
  for (const [k, { op, name, inputs }] of nodes.entries()) {
    if (op !== 'null') {
      places[k] = flow.length
      flow.push({
        inputs: inputs.filter((at) => nodes[at]!.op !== 'null' || !isParameter(nodes[at]!.name)),
        outputs: [k],
        captured: [],
        holder: -1,
      })
    } else if (!isParameter(name)) modelInputs.add(k)
  }
  const titles = nodes.filter(({ op }) => op !== 'null').map(({ name }) => name)
  const depths = longestPaths({ nodes: flow, names: nodes, modelInputs }, access.name, (node) => titles[node] ?? '')
  const layers = new Map<string, SymbolLayer>()
  for (const [k, { op, inputs, attributes }] of nodes.entries()) {
    if (op !== 'Convolution' && op !== 'Deconvolution') continue
    const weight = nodes[inputs[1] ?? -1]?.name
    if (weight === undefined) continue
    const depth = depths[places[k]!]!
    const known = layers.get(weight)
    if (known && known.depth >= 0 && (depth < 0 || known.depth <= depth)) continue
    const groups = Number(attributes['num_group'] ?? 1)
    const role = { transposed: op === 'Deconvolution', groups: Number.isSafeInteger(groups) && groups > 0 ? groups : 1 }
    layers.set(weight, { role, depth })
  }
  return layers
}

function nodesOf(file: string, json: unknown): SymbolNode[] {
  const list = isRecord(json) ? json['nodes'] : undefined
  const wrong = (what: string): InputError => new InputError(file, `${what}; it is no symbol of MXNet, or a damaged one`)
  if (!Array.isArray(list) || list.length > MOST_NODES) throw wrong('lists no nodes')
  return list.map((node: unknown, k): SymbolNode => {
    if (!isRecord(node) || typeof node['op'] !== 'string' || typeof node['name'] !== 'string' || !Array.isArray(node['inputs']))
      throw wrong(`its node ${k} has no operator, name or inputs`)
    const inputs = node['inputs'].map((input: unknown) => {
      const at: unknown = Array.isArray(input) ? input[0] : undefined
      if (typeof at !== 'number' || !Number.isInteger(at) || at < 0 || at >= k)
        throw wrong(`its node ${k} takes what comes behind it`)
      return at
    })
    // Older versions call them attr, and param before that.
    const attributes = node['attrs'] ?? node['attr'] ?? node['param']
    return { op: node['op'], name: node['name'], inputs, attributes: isRecord(attributes) ? attributes : {} }
  })
}
