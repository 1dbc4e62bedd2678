// Times an analysis in a page, as test/browser/speed.test.ts does in Node: of a File, and of its bytes in memory.
import { analyze } from '../../../src/index.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'

declare global {
  var timeFile: (file: File) => Promise<number>
  var timeBytes: (file: File) => Promise<number>
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

globalThis.timeFile = (file) => timed(() => analyze([file], { hash: false, workers: 1 }))

globalThis.timeBytes = async (file) => {
  const access = memoryAccess(file.name, new Uint8Array(await file.arrayBuffer()))
  return timed(() => analyze([{ path: file.name, access, folder: emptyFolder }], { hash: false, workers: 1 }))
}
