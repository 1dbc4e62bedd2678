/** A browser window under test: the same face over puppeteer (Chromium, Firefox) and WebDriver (WebKit). */
export interface Tab {
  readonly engine: Engine
  /** As the browser tells it: "156.0.8078.79". */
  readonly version: string
  goto(url: string): Promise<void>
  /**
   * Runs a function in the page and returns its (awaited) value, which must be JSON, as must the arguments.
   * The function is sent as text: it sees nothing of the file it is written in.
   */
  run<A extends unknown[], T>(code: (...args: A) => T | Promise<T>, ...args: A): Promise<T>
  /** Chooses files in an `<input type=file>`, as a person would in the dialog. */
  chooseFiles(selector: string, paths: readonly string[]): Promise<void>
  /** Presses one key, named as in KeyboardEvent.key, on what has the focus. */
  press(key: string): Promise<void>
  /** Turns the mouse's wheel down by so many pixels over a place in the window. */
  wheel(x: number, y: number, down: number): Promise<void>
  /** Window size in CSS pixels. */
  resize(width: number, height: number): Promise<void>
  /** Writes a PNG of what is seen. */
  screenshot(path: string): Promise<void>
  /** Sends a command of the DevTools protocol (Chromium only): gestures that no other face has. */
  devtools?(method: string, given: object): Promise<void>
  /** Does the work and returns the longest task of the page's own thread, in ms of processor time (Chromium only): what else the machine does adds nothing. */
  longestTask?(work: () => Promise<void>): Promise<number>
  /** Bytes of memory that the browser's processes hold together, shared pages once; null where the system does not tell (only Linux does). */
  memory(): number | null
  /** Errors that the page threw or printed to its console (puppeteer only; WebDriver has no such list). */
  readonly errors: readonly string[]
  close(): Promise<void>
}

export const engines = ['chromium', 'firefox', 'webkit'] as const
export type Engine = (typeof engines)[number]

/** Waits until a condition holds in the page. @throws Error with `what` after `seconds` */
export async function until<A extends unknown[]>(
  tab: Tab,
  what: string,
  condition: (...args: A) => boolean,
  args: A,
  seconds: number = 60,
): Promise<void> {
  const end = Date.now() + seconds * 1000
  const holds = (): Promise<boolean> =>
    tab.run(condition, ...args).catch((error: unknown) => {
      if (/destroyed|navigat/i.test(String(error))) return false // the page is being loaded anew
      throw error
    })
  while (!(await holds())) {
    if (Date.now() > end) {
      const seen = await tab.run(() => (document.body.textContent ?? '').slice(0, 1500))
      throw new Error(`${tab.engine}: waited ${seconds} s for: ${what}\nerrors: ${tab.errors.join('\n')}\npage: ${seen}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Loads the page anew, and waits for the new document: what is asked next is not answered by the old one. */
export async function reload(tab: Tab, { forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
  await tab.run((all) => {
    if (all) sessionStorage.clear()
    Object.assign(globalThis, { beforeReload: true })
    setTimeout(() => location.reload()) // once this call has been answered
  }, forget)
  await until(tab, 'a new document', () => !('beforeReload' in globalThis) && document.readyState === 'complete', [])
}
