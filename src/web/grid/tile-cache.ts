import type { TileSource } from './draw.ts'

const MOST_TILES = 256 // of 16,384 3×3 filters: 151 MB
const AT_ONCE = 4

/** Keeps the tiles last used, and fetches missing ones a few at a time, those asked for last first. */
export interface TileCache extends TileSource {
  /** Fetches tiles that are missing; `onTile` is called as each comes. */
  want(tiles: readonly number[]): void
  drop(): void
}

export function openTiles(tileSize: number, fetch: (tile: number) => Promise<Float32Array>, onTile: () => void): TileCache {
  const kept = new Map<number, Float32Array>()
  const coming = new Set<number>()
  let wanted: number[] = []
  let dropped = false
  const more = (): void => {
    while (!dropped && coming.size < AT_ONCE) {
      const next = wanted.shift()
      if (next === undefined) return
      if (kept.has(next) || coming.has(next)) continue
      coming.add(next)
      fetch(next).then(
        (tile) => {
          coming.delete(next)
          if (dropped) return
          kept.set(next, tile)
          for (const oldest of kept.keys()) {
            if (kept.size <= MOST_TILES) break
            kept.delete(oldest)
          }
          onTile()
          more()
        },
        () => {
          coming.delete(next) // asked for again at the next drawing that needs it
        },
      )
    }
  }
  return {
    tileSize,
    get(tile) {
      const found = kept.get(tile)
      if (found) {
        kept.delete(tile)
        kept.set(tile, found)
      }
      return found
    },
    want(tiles) {
      wanted = tiles.filter((tile) => !coming.has(tile))
      more()
    },
    drop() {
      dropped = true
      kept.clear()
    },
  }
}
