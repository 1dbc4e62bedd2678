import { useEffect, useState } from 'preact/hooks'
import type { LayerDetail, LayerInFiles } from '../tasks/protocol.ts'
import { viewing } from './work.ts'

export type Loading<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'ready'; readonly value: T }

/** What a worker finds in a layer; begins anew when the layer's place changes, and is asked to stop when it is left. */
export function useLayerDetail(place: LayerInFiles | null): Loading<LayerDetail> {
  const [found, setFound] = useState<{ place: LayerInFiles | null; detail: Loading<LayerDetail> } | null>(null)
  useEffect(() => {
    if (!place) return
    const abort = new AbortController()
    viewing('layer', place, { signal: abort.signal }).then(
      (value) => setFound({ place, detail: { state: 'ready', value } }),
      (error) => {
        if (error.name !== 'AbortError') setFound({ place, detail: { state: 'failed', message: error.message } })
      },
    )
    return () => abort.abort()
  }, [place])
  return found?.place === place && found ? found.detail : { state: 'loading' }
}
