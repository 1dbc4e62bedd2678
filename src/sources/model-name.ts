/**
 * A model's name where its file gives none: the file's name without its ending (nets/resnet18.v2.onnx → resnet18.v2).
 * `.pth.tar`, which is how many training scripts call a checkpoint, is one ending.
 */
export function modelName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  return file.replace(/(?<=.)(\.(pth?|ckpt)\.tar|\.[^.]*)$/i, '')
}
