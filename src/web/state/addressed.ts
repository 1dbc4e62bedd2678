import { analyseFiles } from './work.ts'

/**
 * Opens the files that the page's address names: `?url=https://…/net.onnx`, once or several times. They stay where they are and
 * are read by range, so that their server has to allow that (CORS). @returns whether it names any
 */
export async function openAddressed(): Promise<boolean> {
  const urls = new URLSearchParams(location.search).getAll('url')
  if (urls.length === 0) return false
  const files = urls.map((text) => {
    const { href, pathname } = new URL(text, location.href)
    const parts = pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
    // Every model of TensorFlow.js is called model.json: what its folder is called tells more.
    const path = parts.slice(parts.at(-1) === 'model.json' ? -2 : -1).join('/') || 'model'
    return { path, url: href, bytes: 0, named: true }
  })
  await analyseFiles(files, { stay: location.hash.length > 2 })
  return true
}
