import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFile } from '../io/node.ts'
import { outputFolder } from '../io/node-output.ts'
import type { RandomAccess } from '../io/random-access.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { type LayerSource, layersInMemory } from '../measure/layer-source.ts'
import type { Parameters } from '../measure/parameters.ts'
import type { LayerTableWriter } from '../results/tables.ts'
import { version } from '../version.ts'

/** Rows that are held: 60 megabytes of 3×3 layers. */
const MOST_HELD = 20_000
const FILE = 'layers.arrow'

/** The layers of a run that writes no results: in memory, and when they become many in a table in the folder for temporary files. */
export class SpilledLayers {
  readonly #parameters: Parameters
  readonly #most: number
  #rows: LayerRow[] = []
  #folder: string | undefined
  #writer: LayerTableWriter | undefined
  #access: RandomAccess | undefined

  constructor(parameters: Parameters, most: number = MOST_HELD) {
    this.#parameters = parameters
    this.#most = most
  }

  async add(row: LayerRow): Promise<void> {
    if (this.#writer) return this.#writer.write(row)
    this.#rows.push(row)
    if (this.#rows.length <= this.#most) return
    this.#writer = await this.#open()
    for (const held of this.#rows) await this.#writer.write(held)
    this.#rows = []
  }

  /** All rows, when the last has been added; to be read before `close`. */
  async source(): Promise<LayerSource> {
    if (!this.#writer) return layersInMemory(this.#rows)
    const { openLayerTable } = await import('../results/layer-table.ts')
    if (!this.#access) {
      await this.#writer.commit()
      this.#access = await openFile(join(this.#folder!, FILE))
    }
    return openLayerTable(this.#access)
  }

  /** Removes the table. */
  async close(): Promise<void> {
    await this.#access?.close?.()
    if (this.#writer && !this.#access) await this.#writer.discard()
    if (this.#folder === undefined) return
    process.off('exit', this.#remove)
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #open(): Promise<LayerTableWriter> {
    const { layerTableWriter } = await import('../results/tables.ts')
    this.#folder = await mkdtemp(join(tmpdir(), 'filterlens-layers-'))
    process.once('exit', this.#remove)
    return layerTableWriter(await outputFolder(this.#folder).create(FILE), version, this.#parameters)
  }

  readonly #remove = (): void => rmSync(this.#folder!, { recursive: true, force: true })
}
