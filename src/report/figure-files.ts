import { type Figure, type FigureLook, look, standalone } from '../figures/figure.ts'
import { fontRules } from '../figures/fonts.ts'
import { figureToPng, type PngOptions, type WasmLoader } from '../figures/png.ts'
import { type PlacedFigure, reportFigures } from './report-figures.ts'
import type { ReportInput } from './report-input.ts'

/** A figure as a file. */
export interface FigureFile {
  /** "metrics-by-depth.svg": by what it shows, so that a name stays when figures are added. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** Makes a PDF of a figure: `figureToPdf`, in Node. */
export type PdfWriter = (figure: Figure, look: Pick<FigureLook, 'width'>) => Promise<Uint8Array>

/** How figures are written: SVG (dark on dark screens), PNG of one theme, or PDF; and how they look. */
export type FigureFormat = FigureLook &
  (
    | { readonly format: 'svg' }
    | ({ readonly format: 'png'; readonly wasm: WasmLoader } & Omit<PngOptions, keyof FigureLook>)
    | { readonly format: 'pdf'; readonly toPdf: PdfWriter }
  )

/** A figure as the bytes of a file. The same figure gives the same bytes. */
export async function figureBytes(figure: Figure, options: FigureFormat): Promise<Uint8Array> {
  const shown = look(figure, options)
  if (options.format === 'png') return figureToPng(shown, options.wasm, options)
  if (options.format === 'pdf') return options.toPdf(shown, options)
  return new TextEncoder().encode(standalone(shown, options.embedFonts ? fontRules.join('') : ''))
}

/**
 * The figures of a report as files, in its order. The same input gives the same bytes.
 * @example
 * const analysis = await readResults(diskFolder('results'), 'results')
 * for (const { name, bytes } of await figureFiles({ analysis }, { format: 'svg' })) await writeFile(name, bytes)
 */
export async function figureFiles(input: ReportInput, options: FigureFormat): Promise<FigureFile[]> {
  return filesOfFigures(await reportFigures(input), options)
}

/** Figures that have been drawn as files. */
export async function filesOfFigures(figures: readonly PlacedFigure[], options: FigureFormat): Promise<FigureFile[]> {
  const files: FigureFile[] = []
  for (const { figure } of figures)
    files.push({ name: `${figure.id}.${options.format}`, bytes: await figureBytes(figure, options) })
  return files
}
