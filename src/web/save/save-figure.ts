import { type Figure, standalone } from '../../figures/figure.ts'
import { darkened } from '../../figures/theme.ts'
import { theme } from '../state/theme.ts'
import { download } from './download.ts'
import { pngOf } from './picture.ts'

export function saveFigureSvg(figure: Figure): void {
  download(`${figure.id}.svg`, standalone(figure), 'image/svg+xml')
}

/** The figure as PNG, in the colours of the page. */
export async function saveFigurePng(figure: Figure): Promise<void> {
  const svg = theme() === 'dark' ? darkened(figure.svg) : figure.svg
  download(`${figure.id}.png`, await pngOf({ svg, width: figure.width, height: figure.height }), 'image/png')
}
