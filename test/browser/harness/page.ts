import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pagePolicy } from '../../../src/cli/serve.ts'
import { packageFile } from '../../packages.ts'
import { openBrowser } from './open.ts'
import { serveFolders, type TestServer } from './server.ts'
import { type Engine, type Tab, until } from './tab.ts'

export const DATA: string = join(process.cwd(), 'data')
export const FIXTURES: string = join(process.cwd(), 'test/fixtures')
export const PAGE: string = join(process.cwd(), 'dist/web')
export const NORMAL: string = join(DATA, 'preact_w24_cifar10_normal.onnx')
export const ROBUST: string = join(DATA, 'preact_w24_cifar10_robust.onnx')

/** The built page in a browser, as a person has it. */
export interface OpenPage {
  readonly tab: Tab
  readonly server: TestServer
  /** Chooses files as the dialog would. */
  drop(...paths: readonly string[]): Promise<void>
  /** Goes to an address inside the page: "#/models". */
  show(hash: string): Promise<void>
  /** Waits until a selector finds an element (whose text holds `text`). */
  sees(selector: string, text?: string, seconds?: number): Promise<void>
  /** Clicks what a selector finds first (whose text begins with `text`). */
  click(selector: string, text?: string): Promise<void>
  /** Puts a text into a field, as typing does. */
  type(selector: string, text: string): Promise<void>
  textOf(selector: string): Promise<string>
}

/** Opens the built page under its own policy, does the work, and checks that the policy was never broken. */
export async function withPage(engine: Engine, work: (page: OpenPage) => Promise<void>): Promise<void> {
  if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: npm run build:web')
  const tab = await openBrowser(engine)
  if (!tab) return
  const server = await serveFolders({ '/': PAGE, '/axe/': packageFile('axe-core') }, { 'content-security-policy': pagePolicy })
  try {
    await tab.goto(`${server.url}/`)
    await tab.run(() => {
      const broken: string[] = []
      Object.assign(globalThis, { broken })
      document.addEventListener('securitypolicyviolation', (event) =>
        broken.push(`${event.violatedDirective} ${event.blockedURI}`),
      )
    })
    const page: OpenPage = {
      tab,
      server,
      drop: (...paths) => tab.chooseFiles('#choose-files', paths),
      show: (hash) =>
        tab.run((to) => {
          location.hash = to
        }, hash),
      sees: (selector, text = '', seconds = 60) =>
        until(
          tab,
          `${selector} ${text}`,
          (css, part) => [...document.querySelectorAll(css)].some((element) => (element.textContent ?? '').includes(part)),
          [selector, text],
          seconds,
        ),
      async click(selector, text = '') {
        await page.sees(selector, text)
        await tab.run(
          (css, part) =>
            [...document.querySelectorAll<HTMLElement>(css)]
              .find((element) => (element.textContent ?? '').startsWith(part))!
              .click(),
          selector,
          text,
        )
      },
      type: (selector, text) =>
        tab.run(
          (css, value) => {
            const field = document.querySelector<HTMLInputElement>(css)!
            field.value = value
            field.dispatchEvent(new Event('input', { bubbles: true }))
          },
          selector,
          text,
        ),
      textOf: (selector) => tab.run((css) => document.querySelector(css)?.textContent ?? '', selector),
    }
    await work(page)
    const broken = await tab.run(() => (globalThis as unknown as { broken?: string[] }).broken ?? [])
    if (broken.length > 0 || tab.errors.length > 0) throw new Error(`${engine}: ${[...broken, ...tab.errors].join('\n')}`)
  } finally {
    await tab.close()
    await server.close()
  }
}

/** Drags files or folders over the middle of the window, as the system's file manager does (Chromium only). */
export const dragOver = async (page: OpenPage, paths: readonly string[]): Promise<void> => {
  await drag(page, 'dragEnter', paths)
  await drag(page, 'dragOver', paths)
}

/** Lets go of them there. */
export const letGo = (page: OpenPage, paths: readonly string[]): Promise<void> => drag(page, 'drop', paths)

function drag({ tab }: OpenPage, type: string, files: readonly string[]): Promise<void> {
  if (!tab.devtools) throw new Error(`${tab.engine} takes no drag events from a test`)
  return tab.devtools('Input.dispatchDragEvent', { type, x: 640, y: 400, data: { items: [], files, dragOperationsMask: 1 } })
}

/** Waits until the grid of filters is painted, in more colours than an empty one has. */
export const seesFilters = ({ tab }: OpenPage): Promise<void> =>
  until(
    tab,
    'filters in colour',
    () => {
      const canvas = document.querySelector<HTMLCanvasElement>('.grid-frame canvas')
      if (!canvas || canvas.width === 0) return false
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return new Set(new Uint32Array(data.buffer)).size > 20
    },
    [],
  )

/** Keeps what the page saves instead of handing it to the browser's downloads, which have no common face. */
export async function catchDownloads(tab: Tab): Promise<void> {
  await tab.run(() => {
    const saved = new Map<string, Blob>()
    const urls = new Map<string, Blob>()
    const create = URL.createObjectURL.bind(URL)
    URL.createObjectURL = (blob: Blob) => {
      const url = create(blob)
      urls.set(url, blob)
      return url
    }
    HTMLAnchorElement.prototype.click = function () {
      saved.set(this.download, urls.get(this.href)!)
    }
    Object.assign(globalThis, { saved })
  })
}

/** The bytes of a file that the page has saved, once it has. */
export async function downloaded(tab: Tab, name: string): Promise<Buffer> {
  await until(tab, `a download of ${name}`, (file) => (globalThis as unknown as { saved: Map<string, Blob> }).saved.has(file), [
    name,
  ])
  const text = await tab.run(async (file) => {
    const blob = (globalThis as unknown as { saved: Map<string, Blob> }).saved.get(file)!
    const reader = new FileReader()
    return new Promise<string>((resolve, reject) => {
      reader.onload = () => resolve(String(reader.result))
      reader.onerror = () => reject(reader.error)
      reader.readAsDataURL(blob)
    })
  }, name)
  return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64')
}
