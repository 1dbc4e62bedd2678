import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Engine } from './tab.ts'

const names: Record<Engine, { env: string; commands: readonly string[]; places: readonly string[] }> = {
  chromium: {
    env: 'CHROMIUM',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
  },
  firefox: {
    env: 'FIREFOX',
    commands: ['firefox-esr', 'firefox'],
    places: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  },
  webkit: { env: 'WEBKIT_DRIVER', commands: ['WebKitWebDriver'], places: [] },
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A command's full path on PATH, or undefined. */
export function onPath(command: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(executable)
}

/** The browser's executable (for WebKit, its WebDriver): from $CHROMIUM, $FIREFOX or $WEBKIT_DRIVER, PATH, or the usual places. */
export function findBrowser(engine: Engine): string | undefined {
  const { env, commands, places } = names[engine]
  const named = process.env[env]
  if (named) {
    if (executable(named)) return named
    throw new Error(`$${env} names ${named}, which cannot be run`)
  }
  for (const command of commands) {
    const found = onPath(command)
    if (found) return found
  }
  return places.find(executable)
}

/** WebKitGTK's browser for automation, which lies outside PATH. */
export function findMiniBrowser(): string | undefined {
  const roots = readdirSafely('/usr/lib').map((name) => `/usr/lib/${name}`)
  return ['/usr/lib', ...roots, '/usr/libexec']
    .flatMap((root) => ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].map((name) => join(root, name, 'MiniBrowser')))
    .find(executable)
}

function readdirSafely(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Where CI is true these must be there: a suite that skips them proves nothing. */
export const requiredInCi: readonly Engine[] = ['chromium', 'firefox']
