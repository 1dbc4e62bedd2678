/** Names that an exporter made up: they say nothing to a person. */
const MADE_UP = /^(onnx::|val_\d|_?\d+$|const(ant)?_?fold|tensor_?\d|[a-z]+_\d+_quantized$)/i

/**
 * What a layer is called where its own name says nothing: the module in its node's name ("/layers/layers.0/conv1/Conv" is
 * layers.0.conv1). Its own name where that is good, or the file tells no other.
 */
export function spokenName(layer: string, node: string | undefined): string {
  return node !== undefined && MADE_UP.test(layer) ? moduleOf(node) : layer
}

function moduleOf(node: string): string {
  const parts = node.split('/').filter((part) => part !== '')
  // The last part is the operator.
  const path = parts.length > 1 ? parts.slice(0, -1) : parts
  // "layers/layers.0" says "layers" twice.
  return path.filter((part, k) => !path[k + 1]?.startsWith(`${part}.`)).join('.')
}
