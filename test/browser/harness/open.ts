import { findBrowser, requiredInCi } from './find.ts'
import { openWithPuppeteer } from './puppeteer.ts'
import type { Engine, Tab } from './tab.ts'
import { openWithWebDriver } from './webdriver.ts'

/** Starts a browser; undefined, with a line that says so, where it is not installed. @throws Error where CI requires it */
export async function openBrowser(engine: Engine): Promise<Tab | undefined> {
  const found = findBrowser(engine)
  if (!found) {
    if (process.env['CI'] === 'true' && requiredInCi.includes(engine))
      throw new Error(`${engine} is required in CI and is not installed`)
    console.log(`skipped: ${engine} not installed`)
    return undefined
  }
  return engine === 'webkit' ? openWithWebDriver(found) : openWithPuppeteer(engine, found)
}
