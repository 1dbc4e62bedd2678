// Which packages a bundle holds: written beside the build, read for the licence notices.
import { mkdirSync, writeFileSync } from 'node:fs'

/** Packages whose code comes in by source files that the build writes: the compiler's library in the kernel, the fonts, ZSTD. */
const written = ['node_modules/assemblyscript', 'node_modules/@fontsource/inter', 'node_modules/zstddec']

/** The folder of the package that a module belongs to, if it is in one. @param {string} module */
const packageOf = (module) => module.replaceAll('\\', '/').match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]

/**
 * Notes the packages behind the modules of a bundle. @param {string} bundle
 * @param {Iterable<string>} modules paths of modules, @param {readonly string[]} [more] folders of packages that are in it by other ways
 */
export function noteBundled(bundle, modules, more = []) {
  const folders = new Set([...written, ...more])
  for (const module of modules) {
    const folder = packageOf(module)
    if (folder) folders.add(folder.slice(folder.indexOf('node_modules/')))
  }
  mkdirSync('dist/.bundled', { recursive: true })
  writeFileSync(`dist/.bundled/${bundle}.json`, `${JSON.stringify([...folders].sort(), null, 2)}\n`)
}
