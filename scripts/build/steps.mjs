// Every step of the build: what it reads, what it leaves, what comes before it. `reads` decides when it is stale.
import { missingPackages } from '../packages.mjs'

/**
 * @typedef {object} Step
 * @property {string} does what it makes, for a person
 * @property {readonly string[]} after steps that must be fresh first
 * @property {readonly string[]} reads files and folders whose change makes it stale
 * @property {readonly string[]} [without] paths below those that do not count
 * @property {readonly string[]} leaves files that must be there
 * @property {readonly string[]} command a script and its arguments, for Node
 * @property {() => boolean} [isDone] whether there is nothing to do, where files do not tell
 * @property {readonly string[]} [covers] steps that are done as well when this one is
 */

const packages = ['package.json', 'package-lock.json', 'test/package-lock.json']
const tsc = 'node_modules/ts7/bin/tsc'

/** @type {Readonly<Record<string, Step>>} */
export const steps = {
  dependencies: {
    does: 'node_modules: what package.json asks for',
    after: [],
    reads: [],
    leaves: [],
    isDone: () => missingPackages('.').length === 0,
    command: ['scripts/packages.mjs', '.'],
  },
  packages: {
    does: 'test/node_modules: what only tests, lint and docs need',
    after: ['dependencies'],
    reads: [],
    leaves: [],
    isDone: () => missingPackages('test').length === 0,
    command: ['scripts/packages.mjs', 'test'],
  },
  kernel: {
    does: 'dist/kernel.wasm from assembly/',
    after: ['dependencies'],
    reads: ['assembly', 'asconfig.json', 'scripts/build-module.mjs', 'node_modules/assemblyscript/package.json'],
    leaves: ['dist/kernel.wasm', 'dist/kernel.debug.wasm', 'src/wasm/module.generated.ts'],
    command: ['scripts/build-module.mjs'],
  },
  fonts: {
    does: 'the fonts of pictures, as a source file',
    after: ['dependencies'],
    reads: ['scripts/build-fonts.mjs', 'node_modules/@fontsource/inter/package.json'],
    leaves: ['src/figures/inter.generated.ts', 'src/figures/inter-pdf.generated.ts'],
    command: ['scripts/build-fonts.mjs'],
  },
  zstd: {
    does: 'the WebAssembly of ZSTD, as a source file',
    after: ['dependencies'],
    reads: ['scripts/build-zstd.mjs', 'node_modules/zstddec/package.json'],
    leaves: ['src/codecs/zstd.generated.ts'],
    command: ['scripts/build-zstd.mjs'],
  },
  command: {
    does: 'dist/bundle: the command, the library for Node and their threads',
    after: ['kernel', 'fonts', 'zstd'],
    reads: ['src', 'scripts/build-bundle.mjs', 'scripts/build', 'package.json', 'package-lock.json'],
    without: ['src/web'],
    leaves: ['dist/src/cli/main.js', 'dist/bundle/node/main.js', 'dist/src/measure/threads/node-measure-worker.cjs'],
    command: ['scripts/build-bundle.mjs'],
  },
  library: {
    does: 'dist/src, compiled and checked',
    after: ['kernel', 'fonts', 'zstd'],
    reads: ['src', 'tsconfig.json', 'tsconfig.src.json', 'scripts/build-types.mjs', 'package.json', 'package-lock.json'],
    leaves: ['dist/src/index.d.ts'],
    command: ['scripts/build-types.mjs', 'tsconfig.src.json'],
  },
  types: {
    does: 'dist/src, dist/test and dist/bench, compiled and checked',
    after: ['kernel', 'fonts', 'zstd', 'packages'],
    reads: ['src', 'test', 'bench', 'tsconfig.json', 'scripts/build-types.mjs', ...packages],
    leaves: ['dist/src/index.d.ts', 'dist/test/imports.test.js'],
    command: ['scripts/build-types.mjs', 'tsconfig.json'],
    covers: ['library'],
  },
  page: {
    does: 'dist/web: the page',
    after: ['library', 'kernel'],
    reads: ['src', 'vite.config.ts', 'scripts/build', 'package.json', 'package-lock.json'],
    leaves: ['dist/web/index.html'],
    command: ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'],
  },
  browser: {
    does: 'dist/browser: the library for browsers',
    after: ['kernel', 'fonts', 'zstd'],
    reads: ['src', 'scripts/build-browser.mjs', 'scripts/build', 'package.json', 'package-lock.json'],
    without: ['src/web', 'src/cli'],
    leaves: ['dist/browser/filterlens.js'],
    command: ['scripts/build-browser.mjs'],
  },
  notices: {
    does: 'the licences of what is bundled',
    after: ['command', 'page', 'browser'],
    reads: ['dist/.bundled', 'scripts/build-notices.mjs', 'package-lock.json'],
    leaves: ['dist/THIRD-PARTY-NOTICES.txt', 'dist/web/THIRD-PARTY-NOTICES.txt', 'dist/browser/THIRD-PARTY-NOTICES.txt'],
    command: ['scripts/build-notices.mjs'],
  },
  scripts: {
    does: 'the check of the scripts themselves',
    after: ['types'],
    reads: ['scripts', 'vite.config.ts', 'tsconfig.json', ...packages],
    leaves: [],
    command: [tsc, '-p', 'scripts/tsconfig.json'],
  },
}

/** Names for several steps. @type {Readonly<Record<string, readonly string[]>>} */
export const groups = {
  all: ['types', 'command', 'scripts'],
  pages: ['page', 'browser', 'notices'],
  package: ['command', 'library', 'page', 'browser', 'notices'],
}

/** Steps and all that come before them, each once and in an order that works. @param {readonly string[]} names */
export function planOf(names) {
  /** @type {string[]} */
  const plan = []
  /** @param {string} name */
  const add = (name) => {
    if (plan.includes(name)) return
    const step = steps[name]
    if (!step)
      throw new RangeError(`no step is called ${name}; there are ${[...Object.keys(steps), ...Object.keys(groups)].join(' ')}`)
    for (const before of step.after) add(before)
    plan.push(name)
  }
  for (const name of names.flatMap((name) => groups[name] ?? [name])) add(name)
  const covered = new Set(plan.flatMap((name) => steps[name]?.covers ?? []))
  if (covered.size === 0) return plan
  // A step that does another's work takes its place.
  const rest = plan.filter((name) => !covered.has(name))
  const coverer = (/** @type {string} */ name) => rest.find((other) => steps[other]?.covers?.includes(name)) ?? name
  /** @type {string[]} */
  const ordered = []
  /** @param {string} name */
  const place = (name) => {
    if (ordered.includes(name)) return
    for (const before of steps[name]?.after ?? []) place(coverer(before))
    ordered.push(name)
  }
  for (const name of rest) place(name)
  return ordered
}
