import { type Figure, type FigureWidth, inchesOf } from './figure.ts'
import { inter400, inter600 } from './inter.generated.ts'
import { colour, darkened } from './theme.ts'

export interface PngOptions {
  /** Pixels per pixel of the figure. Default 2. */
  readonly scale?: number
  /** Default light. */
  readonly theme?: 'light' | 'dark'
  /** Instead of a scale: pixels, or a length at 300 pixels an inch. */
  readonly width?: FigureWidth
  /** Without a ground. */
  readonly transparent?: boolean
}

const PER_INCH = 300

/** Gives the bytes of @resvg/resvg-wasm's index_bg.wasm; called once. Node: `readResvgWasm` of io/node-resvg.ts. */
export type WasmLoader = () => Promise<Uint8Array | Response>

let ready: Promise<typeof import('@resvg/resvg-wasm')> | undefined

/** A figure as PNG, drawn by resvg in WebAssembly with Inter: the same bytes in every engine. Loaded at the first call (1 MB). */
export async function figureToPng(figure: Figure, wasm: WasmLoader, options: PngOptions = {}): Promise<Uint8Array> {
  const { theme = 'light', width, transparent = false } = options
  const pixels = width && Math.round(width.unit === 'px' ? width.value : PER_INCH * inchesOf(width))
  const resvg = await (ready ??= load(wasm))
  const renderer = new resvg.Resvg(theme === 'dark' ? darkened(figure.svg) : figure.svg, {
    fitTo: pixels === undefined ? { mode: 'zoom', value: options.scale ?? 2 } : { mode: 'width', value: pixels },
    ...(!transparent && { background: theme === 'dark' ? darkened(`="${colour.paper}"`).slice(2, -1) : colour.paper }),
    font: { fontBuffers: [fromBase64(inter400), fromBase64(inter600)], defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  })
  const image = renderer.render()
  const png = image.asPng()
  image.free()
  renderer.free()
  return png
}

async function load(wasm: WasmLoader): Promise<typeof import('@resvg/resvg-wasm')> {
  const [resvg, binary] = await Promise.all([import('@resvg/resvg-wasm'), wasm()])
  await resvg.initWasm(binary as Response | Uint8Array<ArrayBuffer>)
  return resvg
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}
