import type { Progress } from './options.ts'
import { filtersOf, type SelectedLayer } from './select.ts'

/** Counts what is done of a run's inputs and layers, and tells it after every layer. */
export class RunProgress {
  #done = 0
  readonly #total: number | undefined
  readonly #tell: ((progress: Progress) => void) | undefined

  /** @param total inputs in all, where that is known */
  constructor(total: number | undefined, tell: ((progress: Progress) => void) | undefined) {
    this.#total = total
    this.#tell = tell
  }

  inputDone(): void {
    this.#done++
  }

  /** Starts to count the layers of one input. Returns what is to be called when one of them is done. */
  ofInput(layers: readonly SelectedLayer[]): (model: string, layer: SelectedLayer) => void {
    const total = { layers: layers.length, filters: layers.reduce((n, layer) => n + filtersOf(layer), 0) }
    const done = { layers: 0, filters: 0 }
    return (model, layer) => {
      done.layers++
      done.filters += filtersOf(layer)
      this.#tell?.({
        inputs: { done: this.#done, total: this.#total },
        model,
        layer: layer.convolution.layer,
        layers: { done: done.layers, total: total.layers },
        filters: { done: done.filters, total: total.filters },
      })
    }
  }
}
