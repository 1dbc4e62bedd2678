import type { RefObject } from 'preact'
import { SaveIcon } from '../parts/icons.tsx'
import { download } from './download.ts'
import { pictureOf, pngOf } from './picture.ts'
import { asFileName, saving } from './saving.ts'

/** Saves what an element shows, as it is seen now. */
export function savePicture(of: Element, name: string, format: 'svg' | 'png'): Promise<void> {
  return saving(async () => {
    const picture = pictureOf(of)
    const content = format === 'svg' ? picture.svg : await pngOf(picture)
    download(`${asFileName(name)}.${format}`, content, format === 'svg' ? 'image/svg+xml' : 'image/png')
  })
}

/** Two buttons that save what an element shows as SVG or PNG. */
export function SavePicture({ of, title, name }: { of: RefObject<Element | null>; title: string; name: string }) {
  return (
    <span class="save row">
      <SaveIcon />
      {(['svg', 'png'] as const).map((format) => (
        <button
          key={format}
          type="button"
          class="button tight plain"
          aria-label={`Save the picture ${title} as ${format.toUpperCase()}`}
          onClick={() => of.current && savePicture(of.current, name, format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
    </span>
  )
}
