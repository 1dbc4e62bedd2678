// The identity suite in a page: bundled, and called with the File objects that were chosen there.
import { openBlob } from '../../src/io/blob.ts'
import { type Identity, identitySuite } from './suite.ts'

declare global {
  var runIdentity: (files: readonly File[]) => Promise<Identity>
}

globalThis.runIdentity = async (files) => {
  const text = (name: string): Promise<string> => files.find((file) => file.name === name)!.text()
  const models = files.filter((file) => file.name.endsWith('.onnx')).sort((a, b) => (a.name < b.name ? -1 : 1))
  return identitySuite({
    models: models.map((file) => openBlob(file)),
    meta: await text('meta.csv'),
    pairs: await text('pairs.csv'),
  })
}
