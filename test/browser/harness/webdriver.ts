import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { findMiniBrowser, onPath } from './find.ts'
import { memoryOfTree } from './processes.ts'
import type { Tab } from './tab.ts'

const elementKey = 'element-6066-11e4-a52e-4f735466cecf'
const keys: Record<string, string> = {
  Enter: '\uE007',
  Escape: '\uE00C',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
  Tab: '\uE004',
  End: '\uE010',
  Home: '\uE011',
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts WebKitGTK's MiniBrowser through its own WebDriver, on a virtual display. */
export async function openWithWebDriver(driver: string): Promise<Tab> {
  const hasDisplay = Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'])
  const display = hasDisplay ? undefined : onPath('xvfb-run')
  if (!hasDisplay && !display)
    throw new Error('webkit: there is no display for its browser: set DISPLAY, or install xvfb, which gives it one')
  const port = await freePort()
  const args = [`--port=${port}`, '--host=127.0.0.1']
  const child = spawn(display ?? driver, display ? ['-a', driver, ...args] : args, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, WEBKIT_DISABLE_COMPOSITING_MODE: '1', LIBGL_ALWAYS_SOFTWARE: '1' },
  })
  const stop = (): void => {
    try {
      process.kill(-child.pid!, 'SIGTERM') // the driver, its browser and the display: our own process group
    } catch {
      // has ended by itself
    }
  }
  process.once('exit', stop)
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) => reject(new Error(`webkit: ${driver} cannot be started: ${error.message}`)))
    child.once('exit', (code, signal) => reject(new Error(`webkit: ${display ?? driver} ended with ${signal ?? `code ${code}`}`)))
  })
  ended.catch(() => undefined) // told to whoever waits for an answer
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const { value } = (await answer.json()) as { value: T }
    if (!answer.ok) throw new Error(`webkit: ${method} ${path}: ${JSON.stringify(value)}`)
    return value
  }
  for (let tries = 0; ; tries++) {
    if (
      await call('GET', '/status').then(
        () => true,
        () => false,
      )
    )
      break
    if (tries === 900) {
      stop()
      throw new Error('webkit: its WebDriver did not answer within 90 s')
    }
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100))])
  }
  const session = await call<{ sessionId: string; capabilities: { browserVersion: string } }>('POST', '/session', {
    capabilities: {
      alwaysMatch: {
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { binary: findMiniBrowser(), args: ['--automation'] },
        timeouts: { script: 300_000, pageLoad: 120_000 },
      },
    },
  }).catch((error) => {
    stop()
    throw error
  })
  const at = `/session/${session.sessionId}`
  const script =
    'const done = arguments[1]; (async () => (FUNCTION)(...arguments[0]))().then((value) => done({ value }), (error) => done({ error: String(error) + "\\n" + error.stack }))'
  let turned = 0
  return {
    engine: 'webkit',
    version: session.capabilities.browserVersion,
    errors: [],
    async goto(url) {
      await call('POST', `${at}/url`, { url })
      // The first navigation may be answered before the page's modules have run.
      const loaded = 'return document.readyState === "complete" && location.href.startsWith(arguments[0])'
      const start = url.replace(/#.*$/, '')
      for (let tries = 0; !(await call('POST', `${at}/execute/sync`, { script: loaded, args: [start] })); tries++) {
        if (tries === 1200) throw new Error(`webkit: ${url} was not loaded within two minutes`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    async run(code, ...given) {
      const answer = await call<{ value: never; error?: string }>('POST', `${at}/execute/async`, {
        script: script.replace('FUNCTION', () => String(code)),
        args: [given],
      })
      if (answer.error) throw new Error(`webkit: ${answer.error}`)
      return answer.value
    },
    async chooseFiles(selector, paths) {
      // Files sent to an input are added to those it has; a person's choice replaces them.
      await call('POST', `${at}/execute/sync`, { script: 'document.querySelector(arguments[0]).value = ""', args: [selector] })
      const element = await call<Record<string, string>>('POST', `${at}/element`, { using: 'css selector', value: selector })
      await call('POST', `${at}/element/${element[elementKey]}/value`, { text: paths.join('\n') })
    },
    async press(key) {
      const value = keys[key] ?? key
      const actions = [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]
      await call('POST', `${at}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    async wheel(x, y, down) {
      turned += down // WebKit's driver scrolls by what this is more than it was at the last turn
      const place = { x: Math.round(x), y: Math.round(y), origin: 'viewport' }
      const actions = [{ type: 'scroll', ...place, deltaX: 0, deltaY: turned, duration: 0 }]
      await call('POST', `${at}/actions`, { actions: [{ type: 'wheel', id: 'wheel', actions }] })
    },
    resize: (width, height) => call('POST', `${at}/window/rect`, { width, height }),
    screenshot: async (path) => writeFile(path, Buffer.from(await call<string>('GET', `${at}/screenshot`), 'base64')),
    memory: () => memoryOfTree(child.pid),
    async close() {
      await call('DELETE', at).catch(() => undefined)
      stop()
    },
  }
}
