import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

/** A file of a drop as it is kept: a copy of its bytes, or a handle that leads to it where it lies. */
export type KeptFile = { readonly path: string } & ({ readonly blob: Blob } | { readonly handle: FileSystemFileHandle })

/** A copy as the data base has it: WebKit stores no blobs in a private window. */
type StoredFile = KeptFile | { readonly path: string; readonly bytes: ArrayBuffer }

/** One drop of one tab. */
export interface KeptDrop {
  /** Rises with each drop. */
  readonly id: number
  readonly tab: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly label: string
  /** Names that its models go by in the page; none for a table about models. */
  readonly models: readonly string[]
  readonly files: readonly KeptFile[]
}

interface StoredDrop extends Omit<KeptDrop, 'files'> {
  readonly files: readonly StoredFile[]
}

interface Schema extends DBSchema {
  drops: { key: number; value: StoredDrop; indexes: { tab: string } }
}

const DAY = 24 * 60 * 60 * 1000
let connection: Promise<IDBPDatabase<Schema>> | undefined

function database(): Promise<IDBPDatabase<Schema>> {
  connection ??= openDB<Schema>('filterlens', 1, {
    upgrade(db) {
      db.createObjectStore('drops', { keyPath: 'id', autoIncrement: true }).createIndex('tab', 'tab')
    },
  })
  return connection
}

/** What a tab has kept, in the order in which it came. What other tabs left behind more than a day ago is let go. */
export async function keptDrops(tab: string): Promise<readonly KeptDrop[]> {
  const db = await database()
  const old = (await db.getAll('drops')).filter((drop) => drop.tab !== tab && Date.now() - drop.at > DAY)
  for (const { id } of old) await db.delete('drops', id)
  return (await db.getAllFromIndex('drops', 'tab', tab)).map((drop) => ({ ...drop, files: drop.files.map(opened) }))
}

function opened(file: StoredFile): KeptFile {
  return 'bytes' in file ? { path: file.path, blob: new Blob([file.bytes]) } : file
}

/** Keeps a drop. @returns its number @throws DOMException where the browser has no room for it, or keeps nothing */
export async function keepDrop(drop: Omit<KeptDrop, 'id'>): Promise<number> {
  const db = await database()
  const add = (files: readonly StoredFile[]): Promise<number> => db.add('drops', { ...drop, files } as StoredDrop)
  return add(drop.files).catch(async () => {
    const files: StoredFile[] = []
    for (const file of drop.files) files.push('blob' in file ? { path: file.path, bytes: await file.blob.arrayBuffer() } : file)
    return add(files)
  })
}

/** Forgets a model: its drop goes with its last one. */
export async function forgetModel(tab: string, name: string): Promise<void> {
  const db = await database()
  for (const drop of await db.getAllFromIndex('drops', 'tab', tab)) {
    if (!drop.models.includes(name)) continue
    const models = drop.models.filter((other) => other !== name)
    if (models.length === 0) await db.delete('drops', drop.id)
    else await db.put('drops', { ...drop, models })
  }
}

/** Forgets all drops of a tab. */
export async function forgetAll(tab: string): Promise<void> {
  const db = await database()
  for (const id of await db.getAllKeysFromIndex('drops', 'tab', tab)) await db.delete('drops', id)
}
