/** Names that an exporter made up: they say nothing to a person. */
const MADE_UP = /^(onnx::|val_\d|_?\d+$|const(ant)?_?fold|tensor_?\d|[a-z]+_\d+_quantized$)/i

/** What tells a layer: its own name, and that of the node or module that uses it, where the file names one. */
export interface NamedLayer {
  readonly layer: string
  readonly node: string | null
}

/**
 * What a layer is called where its own name says nothing: the module in its node's name ("/layers/layers.0/conv1/Conv" is
 * layers.0.conv1). Its own name where that is good, or the file tells no other.
 */
export function spokenName({ layer, node }: NamedLayer): string {
  return node !== null && MADE_UP.test(layer) ? moduleOf(node) : layer
}

/** True for a layer that is called so, by its own name or by the one it is shown with. */
export function isCalled(layer: NamedLayer, name: string): boolean {
  return layer.layer === name || spokenName(layer) === name
}

function moduleOf(node: string): string {
  const parts = node.split('/').filter((part) => part !== '')
  // The last part is the operator; one with a number is a further convolution of the same module.
  const isOnly = parts.length > 1 && !/_\d+$/.test(parts.at(-1)!)
  const path = isOnly ? parts.slice(0, -1) : parts
  // "layers/layers.0" says "layers" twice.
  return path.filter((part, k) => !path[k + 1]?.startsWith(`${part}.`)).join('.')
}
