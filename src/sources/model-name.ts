/** A model's name where its file gives none: the file's name without its ending (nets/resnet18.v2.onnx → resnet18.v2). */
export function modelName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  const dot = file.lastIndexOf('.')
  return dot > 0 ? file.slice(0, dot) : file
}
