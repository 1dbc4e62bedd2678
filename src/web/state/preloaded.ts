import { signal } from '@preact/signals'
import { showToast } from './toast.ts'
import { analyseFiles } from './work.ts'

/** What `filterlens view` serves beside the page: data/index.json, with paths below data/. */
interface Listing {
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly beside: boolean }[]
}

/** True while data that came with the address, or was here before a reload, is being fetched. */
export const preloading = signal(false)

/** Opens the data that the page's server holds ready, if it does; the address then shows what it showed before. @returns whether it does */
export async function openPreloaded(): Promise<boolean> {
  if (location.search !== '?data') return false // the server of `filterlens view` leads to that address
  try {
    preloading.value = true
    const answer = await fetch('data/index.json')
    if (!answer.ok) throw new Error('the data of this address is gone; run filterlens view again')
    const { files } = (await answer.json()) as Listing
    // The files stay where they are and are read by range: a model of many gigabytes is no burden.
    const given = files.map(({ path, bytes, beside }) => ({
      path,
      bytes,
      beside,
      url: new URL(`data/${path.split('/').map(encodeURIComponent).join('/')}`, document.baseURI).href,
    }))
    await analyseFiles(given, { stay: location.hash.length > 2 })
  } catch (error) {
    showToast(error instanceof Error ? error.message : String(error))
  } finally {
    preloading.value = false
  }
  return true
}
