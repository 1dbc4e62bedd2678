import { standalone } from '../figures/figure.ts'
import { figureToPng, type PngOptions, type WasmLoader } from '../figures/png.ts'
import { reportFigures } from './report-figures.ts'
import type { ReportInput } from './report-input.ts'

/** A figure as a file. */
export interface FigureFile {
  /** "01-metrics-by-depth.svg": numbered as in the report. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** How figures are written: SVG (dark on dark screens), or PNG of one theme. */
export type FigureFormat = { readonly format: 'svg' } | ({ readonly format: 'png'; readonly wasm: WasmLoader } & PngOptions)

/**
 * The figures of a report as files, in its order. The same input gives the same bytes.
 * @example
 * const analysis = await readResults(diskFolder('results'), 'results')
 * for (const { name, bytes } of await figureFiles({ analysis }, { format: 'svg' })) await writeFile(name, bytes)
 */
export async function figureFiles(input: ReportInput, options: FigureFormat): Promise<FigureFile[]> {
  const figures = await reportFigures(input)
  const files: FigureFile[] = []
  for (const [i, { figure }] of figures.entries()) {
    const bytes =
      options.format === 'svg' ? new TextEncoder().encode(standalone(figure)) : await figureToPng(figure, options.wasm, options)
    files.push({ name: `${String(i + 1).padStart(2, '0')}-${figure.id}.${options.format}`, bytes })
  }
  return files
}
