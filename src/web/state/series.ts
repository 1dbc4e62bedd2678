import { computed, signal } from '@preact/signals'
import type { Scalars } from '../../analysis/checkpoints.ts'
import type { PageSeries, ReadModel } from '../tasks/protocol.ts'
import { areMeasuredAlike, filesOf, type Loaded, modelNamed, models } from './models.ts'

import { route } from './route.ts'
import { namesOf } from './ticked.ts'

/** A checkpoint's place, name and number. */
export interface ShownCheckpoint {
  readonly order: number
  readonly name: string
  readonly position: number
}

/** Series that came as results of `track`, each name once. */
export const droppedSeries = signal<readonly PageSeries[]>([])

export function addSeries(found: readonly PageSeries[]): void {
  const names = new Set(found.map(({ name }) => name))
  droppedSeries.value = [...droppedSeries.value.filter(({ name }) => !names.has(name)), ...found]
}

/** More models than this are no training that is looked at checkpoint by checkpoint. */
const MOST_CHECKPOINTS = 500

/** Of the address only what names them: they are not read again when another checkpoint is shown. */
const named = computed(() => route.value.q['of'] ?? '')

/**
 * The models that the address names as checkpoints of one training, all where it names none and nothing else can be shown; null where
 * they cannot be one series.
 */
export const checkpointModels = computed((): readonly Loaded[] | null => {
  const all = droppedSeries.value.length === 0 && models.value.length > 2 ? models.value : []
  const chosen = named.value === '' ? all : namesOf(named.value).flatMap((name) => modelNamed(name) ?? [])
  return canBeSeries(chosen) ? chosen : null
})

/** True for models of the same layers that came with their files, measured alike. */
export function canBeSeries(list: readonly Loaded[]): boolean {
  const [first] = list
  if (!first || list.length < 2 || list.length > MOST_CHECKPOINTS || !areReadable(list)) return false
  const layers = layersOf(first)
  return list.every((model) => layersOf(model) === layers)
}

/**
 * Numbers of the metadata of models that are checkpoints, such as accuracies, by their place in the series: of columns in which they are
 * not all the same.
 */
export function metaScalars(
  list: readonly Loaded[],
  rows: readonly { readonly order: number; readonly checkpoint: string }[],
): Scalars {
  const metas = new Map(list.map(({ name, row }) => [name, row.meta]))
  const order = [...new Map(rows.map((row) => [row.order, metas.get(row.checkpoint) ?? {}])).values()]
  const columns = [...new Set(order.flatMap((meta) => Object.keys(meta)))].filter((name) => !/^(step|epoch)$/i.test(name))
  return new Map(
    columns.flatMap((column): [string, (number | null)[]][] => {
      const values = order.map((meta) => (typeof meta[column] === 'number' ? meta[column] : null))
      return new Set(values.filter((value) => value !== null)).size > 1 ? [[column, values]] : []
    }),
  )
}

/** True for two models that came with their files, measured alike. */
export function canBeCompared(first: Loaded, second: Loaded): boolean {
  return areReadable([first, second])
}

function areReadable(list: readonly Loaded[]): boolean {
  return list.every(({ files }) => files.length > 0) && areMeasuredAlike(list)
}

function layersOf({ layers }: Loaded): string {
  return layers.map((row) => `${row.layer} ${row.out_channels} ${row.in_channels} ${row.kernel}`).join('\n')
}

/** True where a series can be seen: one that was dropped, or the models of the page. */
export const hasSeries = computed(() => droppedSeries.value.length > 0 || (models.value.length > 2 && canBeSeries(models.value)))

/** What the address of the view of series names: all models, where no series was dropped. */
export function seriesChoice(): Record<string, string> {
  return droppedSeries.value.length > 0 ? {} : { of: models.value.map(({ name }) => name).join('\n') }
}

/** Models as a worker reads them again. */
export function readModels(list: readonly Loaded[]): ReadModel[] {
  return list.map((model) => ({
    name: model.name,
    ownName: model.ownName,
    sha256: model.row.sha256,
    layers: model.layers,
    files: filesOf([model]) ?? [],
  }))
}
