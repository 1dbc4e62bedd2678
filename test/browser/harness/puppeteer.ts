import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type ElementHandle, type KeyInput, launch, type Page } from 'puppeteer-core'
import { memoryOfTree } from './processes.ts'
import type { Tab } from './tab.ts'

// Nothing but 127.0.0.1 resolves: what a test proves, it proves offline.
const chromiumArgs = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--metrics-recording-only',
  '--no-first-run',
  '--no-default-browser-check',
  '--no-pings',
  '--password-store=basic',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
]

const firefoxPrefs = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.newtabpage.activity-stream.feeds.topsites': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.prefetch-next': false,
  'services.settings.server': 'http://127.0.0.1:9/',
  'toolkit.telemetry.server': 'http://127.0.0.1:9/',
}

/** Starts Chromium (DevTools protocol) or Firefox (WebDriver BiDi) without a window, with a new profile. */
export async function openWithPuppeteer(engine: 'chromium' | 'firefox', executablePath: string): Promise<Tab> {
  const profile = await mkdtemp(join(tmpdir(), `filterlens-${engine}-`))
  const browser = await launch({
    browser: engine === 'chromium' ? 'chrome' : 'firefox',
    executablePath,
    headless: true,
    timeout: 120_000, // to start: a busy machine may need a minute
    userDataDir: profile,
    protocolTimeout: 300_000,
    defaultViewport: { width: 1280, height: 800 },
    ...(engine === 'chromium' ? { args: chromiumArgs } : { extraPrefsFirefox: firefoxPrefs }),
  })
  const version = (await browser.version()).replace(/^[^/]*\//, '')
  const page = (await browser.pages())[0] ?? (await browser.newPage())
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  const session = engine === 'chromium' ? await page.createCDPSession() : undefined
  return {
    engine,
    version,
    errors,
    ...(session && { longestTask: (work) => longestTask(page, work) }),
    ...(session && { devtools: async (method, given) => void (await session.send(method as never, given as never)) }),
    goto: async (url) => void (await page.goto(url, { waitUntil: 'load', timeout: 120_000 })),
    run: (code, ...args) => page.evaluate(code as never, ...(args as unknown as never[])) as Promise<never>,
    async chooseFiles(selector, paths) {
      const input = (await page.$(selector)) as ElementHandle<HTMLInputElement> | null
      if (!input) throw new Error(`no ${selector} in the page`)
      await input.uploadFile(...paths)
    },
    press: (key) => page.keyboard.press(key as KeyInput),
    async wheel(x, y, down) {
      await page.mouse.move(x, y)
      await page.mouse.wheel({ deltaY: down })
    },
    resize: (width, height) => resized(page, width, height),
    screenshot: async (path) => void (await page.screenshot({ path: path as `${string}.png` })),
    memory: () => memoryOfTree(browser.process()?.pid),
    async close() {
      await browser.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Firefox before 144 sets the size and knows no orientation, which puppeteer asks for in the same step. */
async function resized(page: Page, width: number, height: number): Promise<void> {
  try {
    await page.setViewport({ width, height })
  } catch (error) {
    if (!String(error).includes('unknown command emulation.setScreenOrientationOverride')) throw error
    const hasSize = (): Promise<boolean> =>
      page.evaluate((w, h) => window.innerWidth === w && window.innerHeight === h, width, height)
    for (const end = performance.now() + 10_000; !(await hasSize()); await setTimeout(50))
      if (performance.now() > end) throw error
  }
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Processor time in µs. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** The longest task of the page's main thread while some work is done, from Chromium's own trace. */
async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.tracing.start({ categories: ['disabled-by-default-devtools.timeline', '__metadata'] })
  await work()
  const trace = await page.tracing.stop()
  if (!trace) throw new Error('chromium: wrote no trace')
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: readonly TraceEvent[] }
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  const tasks = traceEvents.filter(({ name, pid, tid, tdur }) => name === 'RunTask' && mains.has(`${pid} ${tid}`) && tdur)
  if (tasks.length === 0) throw new Error('chromium: its trace holds no task of the page')
  return Math.max(...tasks.map(({ tdur }) => tdur!)) / 1000
}
