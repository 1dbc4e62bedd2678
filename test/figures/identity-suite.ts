import { standalone } from '../../src/figures/figure.ts'
import { figureToPng, type WasmLoader } from '../../src/figures/png.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { sha256Of } from '../../src/io/sha256.ts'
import { buildReport } from '../../src/report/build-report.ts'
import { allFigures, smallReport, syntheticFirstLayers, syntheticGrid, syntheticStage } from './figure-suite.ts'
import { syntheticAnalysis } from './synthetic.ts'

/** SHA-256 by name: every figure, a report, two PNGs. */
export type FigureHashes = Readonly<Record<string, string>>

export async function figureHashes(wasm: WasmLoader): Promise<FigureHashes> {
  const hashes: Record<string, string> = {}
  const put = async (name: string, bytes: Uint8Array) => {
    hashes[name] = await sha256Of(memoryAccess(name, bytes))
  }
  const text = (value: string) => new TextEncoder().encode(value)
  const figures = await allFigures()
  for (const figure of figures) await put(`${figure.id}.svg`, text(standalone(figure)))
  const groups = smallReport()
  const report = await buildReport({
    analysis: syntheticAnalysis(groups.models.map((model) => model.model)),
    groups,
    grids: [syntheticGrid('a'), syntheticGrid('b')],
    firstLayers: syntheticFirstLayers(),
    activation: syntheticStage(),
    command: 'filterlens report results/',
  })
  await put('report.html', text(report))
  await put('light.png', await figureToPng(figures[0]!, wasm, { scale: 1 }))
  await put('dark.png', await figureToPng(figures.at(-1)!, wasm, { theme: 'dark' }))
  return hashes
}
