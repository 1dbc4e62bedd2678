// Times an analysis in a page, as test/browser/speed.test.ts does in Node.
import { analyze } from '../../../src/index.ts'

declare global {
  var timeAnalysis: (file: File) => Promise<number>
}

globalThis.timeAnalysis = async (file) => {
  const started = performance.now()
  await analyze([file], { hash: false, workers: 1 })
  return performance.now() - started
}
