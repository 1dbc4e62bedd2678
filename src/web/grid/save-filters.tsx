import type { RefObject } from 'preact'
import { SaveIcon } from '../parts/icons.tsx'
import { Menu } from '../parts/menu.tsx'
import { download } from '../save/download.ts'
import { npyFile } from '../save/npy.ts'
import { savePicture } from '../save/save-picture.tsx'
import { asFileName, saving } from '../save/saving.ts'
import { weightsCsv } from '../save/weights-csv.ts'
import type { GridData } from './draw.ts'

/** Weights that are saved at once: 256 MB as .npy. */
const MOST_WEIGHTS = 64e6

/** Saves the grid as it is seen, or the weights of the filters that it shows. */
export function SaveFilters(props: {
  frame: RefObject<Element | null>
  data: GridData
  inChannels: number
  name: string
  read(from: number, most: number): Promise<Float32Array>
}) {
  const { frame, data, inChannels, name, read } = props
  const { filters, kernelRows, kernelColumns, order } = data
  const taps = kernelRows * kernelColumns
  const picture = (format: 'svg' | 'png') => frame.current && savePicture(frame.current, `${name}-filters`, format)
  const weights = (format: 'npy' | 'csv') =>
    saving(async () => {
      if (filters * taps > MOST_WEIGHTS)
        throw new Error('These are too many weights for one file of the page; choose a channel, or use filterlens extract.')
      const values = await read(0, filters)
      const file = `${asFileName(name)}.${format}`
      if (format === 'npy') download(file, npyFile(values, [filters, kernelRows, kernelColumns]), 'application/octet-stream')
      else
        download(
          file,
          weightsCsv(values, taps, (place) => order?.[place] ?? place, inChannels, kernelColumns),
          'text/csv',
        )
    })
  return (
    <Menu label="Save filters" icon={<SaveIcon />} small>
      <h3>The picture</h3>
      <button type="button" onClick={() => picture('png')}>
        PNG
      </button>
      <button type="button" onClick={() => picture('svg')}>
        SVG
      </button>
      <h3>The weights of the filters shown</h3>
      <button type="button" onClick={() => weights('npy')}>
        NumPy <span class="muted small">.npy</span>
      </button>
      <button type="button" onClick={() => weights('csv')}>
        CSV <span class="muted small">.csv</span>
      </button>
    </Menu>
  )
}
