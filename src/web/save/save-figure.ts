import { type Figure, standalone } from '../../figures/figure.ts'
import { darkened } from '../../figures/theme.ts'
import { theme } from '../state/theme.ts'
import { download } from './download.ts'

const SCALE = 2

export function saveFigureSvg(figure: Figure): void {
  download(`${figure.id}.svg`, standalone(figure), 'image/svg+xml')
}

/** Draws the figure by the browser itself, at twice its size, in the colours of the page. */
export async function saveFigurePng(figure: Figure): Promise<void> {
  const text = theme() === 'dark' ? darkened(figure.svg) : figure.svg
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = figure.width * SCALE
    canvas.height = figure.height * SCALE
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (blob) download(`${figure.id}.png`, blob, 'image/png')
  } finally {
    URL.revokeObjectURL(url)
  }
}
