import type { Argv } from 'yargs'
import { UsageError } from '../errors.ts'
import type { FigureLook, FigureWidth } from '../figures/figure.ts'
import { readResvgWasm } from '../io/node-resvg.ts'
import type { FigureFormat } from '../report/figure-files.ts'
import type { Words } from './command.ts'

/** What a figure can be written as: the ending of its name. */
export const figureEndings = ['svg', 'png', 'pdf'] as const
export type FigureEnding = (typeof figureEndings)[number]

/** How figures look, for every command that writes some. */
export function figureLookOptions(parser: Argv): Argv {
  const group = 'Figures:'
  return parser
    .option('width', {
      type: 'string',
      describe: 'width: 84mm, 3.3in, 240pt, 1200px (PNG: lengths at 300 pixels an inch)',
      group,
    })
    .option('captions', { type: 'boolean', default: true, describe: 'the captions in the figure; --no-captions: none', group })
    .option('transparent', { type: 'boolean', default: false, describe: 'a transparent background', group })
    .option('embed-fonts', { type: 'boolean', default: false, describe: 'SVG: the font in the file (PDF always has it)', group })
}

/** Reads them back. @throws UsageError */
export async function figureFormat(words: Words, format: FigureEnding): Promise<FigureFormat> {
  const width = words['width'] as string | undefined
  const look: FigureLook = {
    ...(width !== undefined && { width: widthOf(width) }),
    captions: words['captions'] !== false,
    transparent: words['transparent'] === true,
    embedFonts: words['embed-fonts'] === true,
  }
  if (format === 'svg') return { ...look, format }
  if (format === 'png') return { ...look, format, wasm: readResvgWasm }
  return { ...look, format, toPdf: (await import('../figures/pdf.ts')).figureToPdf }
}

/** By the ending of a figure's name. @throws UsageError for another one */
export function figureEnding(path: string): FigureEnding {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase()
  const known = figureEndings.find((format) => format === ending)
  if (!known) throw new UsageError(`-o ${path}: give a name that ends in .svg, .png or .pdf`)
  return known
}

/** @throws UsageError */
function widthOf(text: string): FigureWidth {
  const [, number, unit = 'px'] = /^(\d+(?:\.\d+)?)(px|pt|mm|cm|in)?$/.exec(text) ?? []
  const width = { value: Number(number), unit: unit as FigureWidth['unit'] }
  const most = { px: 20_000, pt: 7200, mm: 2540, cm: 254, in: 100 }[width.unit]
  if (!(width.value > 0 && width.value <= most))
    throw new UsageError(`--width ${text}: give a length, such as 84mm, 3.3in or 1200px`)
  return width
}
