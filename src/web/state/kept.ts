import { signal } from '@preact/signals'
import type { GivenFile } from '../../inputs/given-inputs.ts'
import { mayRead } from '../keep/handles.ts'
import { forgetAll, forgetModel, type KeptDrop, type KeptFile, keepDrop, keptDrops } from '../keep/store.ts'
import { tabName } from '../keep/tab.ts'
import { bytes } from '../parts/numbers.ts'
import { models, removeModel } from './models.ts'
import { preloading } from './preloaded.ts'
import { analyseFiles } from './work.ts'

/** Copies of files that one tab keeps over a reload, all drops together. */
export const MOST_KEPT = 512e6

/** What was dropped or chosen: its files, and where they lie if the browser tells. */
export interface Given {
  readonly files: readonly GivenFile[]
  readonly handles?: ReadonlyMap<string, FileSystemFileHandle>
}

/** A drop whose files the browser lets the page read again after a click. */
export const waiting = signal<readonly KeptDrop[]>([])
/** Why something in the page will be gone after a reload; null when all of it is kept. */
export const notKept = signal<string | null>(null)

const tab = tabName()
let keptBytes = 0

const sizeOf = (file: GivenFile | KeptFile): number => ('blob' in file ? file.blob.size : 0)
const sizeOfAll = (files: readonly (GivenFile | KeptFile)[]): number => files.reduce((sum, file) => sum + sizeOf(file), 0)

/** Opens files and keeps them, so that they are here after a reload. */
export async function openAndKeep(given: Given): Promise<void> {
  const opened = await analyseFiles(given.files)
  if (opened) await keep(given, opened)
}

async function keep({ files, handles }: Given, names: readonly string[]): Promise<void> {
  const size = sizeOfAll(files)
  const label = files.length === 1 ? files[0]!.path : `${files[0]!.path} and ${files.length - 1} more`
  const kept = keptBytes + size <= MOST_KEPT ? copiesOf(files) : handles && placesOf(files, handles)
  if (!kept || !tab) {
    notKept.value = tab
      ? `${label} (${bytes(size)}) will have to be dropped again after a reload: this page keeps copies of ${bytes(MOST_KEPT)} at most.`
      : NOTHING_KEPT
    return
  }
  try {
    await keepDrop({ tab, at: Date.now(), label, models: names, files: kept })
    keptBytes += sizeOfAll(kept)
  } catch {
    notKept.value = NOTHING_KEPT
  }
}

const NOTHING_KEPT = 'This browser keeps no files for the page: after a reload they have to be dropped again.'

function copiesOf(files: readonly GivenFile[]): KeptFile[] | undefined {
  const copies = files.flatMap((file) => ('blob' in file ? [{ path: file.path, blob: file.blob }] : []))
  return copies.length === files.length ? copies : undefined
}

function placesOf(files: readonly GivenFile[], handles: ReadonlyMap<string, FileSystemFileHandle>): KeptFile[] | undefined {
  const places = files.flatMap(({ path }) => {
    const handle = handles.get(path)
    return handle ? [{ path, handle }] : []
  })
  return places.length === files.length ? places : undefined
}

/** Opens what this tab had before it was loaded anew; the address says what of it is seen. */
export async function openKept(): Promise<void> {
  if (!tab) return
  preloading.value = true
  try {
    for (const drop of await keptDrops(tab).catch(() => [])) {
      keptBytes += sizeOfAll(drop.files)
      if (!(await reopen(drop, false))) waiting.value = [...waiting.value, drop]
    }
  } finally {
    preloading.value = false
  }
}

/** Opens a drop again after a click. */
export async function openWaiting(drop: KeptDrop): Promise<void> {
  if (await reopen(drop, true)) waiting.value = waiting.value.filter((other) => other !== drop)
}

/** @returns false when its files may not be read (yet) */
async function reopen(drop: KeptDrop, ask: boolean): Promise<boolean> {
  const handles = drop.files.flatMap((file) => ('handle' in file ? [file.handle] : []))
  if (!(await mayRead(handles, ask))) return false
  const files: GivenFile[] = []
  for (const file of drop.files) files.push({ path: file.path, blob: 'blob' in file ? file.blob : await file.handle.getFile() })
  const names = await analyseFiles(files, { stay: location.hash.length > 2 })
  // Models of it that were put away before stay away.
  for (const name of names ?? []) if (!drop.models.includes(name)) removeModel(name)
  return true
}

/** Puts a model away, and what was kept of it. */
export function putAway(name: string): void {
  removeModel(name)
  if (!tab) return
  const done = models.value.length === 0 ? forgetAll(tab) : forgetModel(tab, name)
  done.catch(() => undefined) // nothing was kept then
  if (models.value.length === 0) notKept.value = null
}
