// The figures, a report and a PNG in a page: bundled, and called by the test.
import { type FigureHashes, figureHashes } from './identity-suite.ts'

declare global {
  var runFigures: () => Promise<FigureHashes>
}

globalThis.runFigures = () => figureHashes(() => fetch('/resvg/index_bg.wasm'))
