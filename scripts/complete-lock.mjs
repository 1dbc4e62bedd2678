// Adds to both lock files the optional packages of other platforms that npm left out because the registry at hand does not
// serve them: without an entry `npm ci` refuses the whole lock file. Run after every `npm install`: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'

const systems = {
  darwin: 'darwin',
  win32: 'win32',
  windows: 'win32',
  linux: 'linux',
  android: 'android',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  sunos: 'sunos',
  aix: 'aix',
  openharmony: 'openharmony',
  wasi: 'wasi',
}
const processors = {
  x64: 'x64',
  arm64: 'arm64',
  aarch64: 'arm64',
  ia32: 'ia32',
  arm: 'arm',
  s390x: 's390x',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  riscv64: 'riscv64',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
}

/** The platform that a package's name tells: "@biomejs/cli-linux-x64-musl". */
function platformOf(name) {
  const words = name.split('/').at(-1).split(/[-.]/)
  const os = words.map((word) => systems[word]).find(Boolean)
  const cpu = words.map((word) => processors[word.replace(/(gnueabihf|musleabihf)$/, '')]).find(Boolean)
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && os === 'linux' && { libc: [libc] }) }
}

/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, optionalDependencies?: Record<string, string> }} Entry */

/** @param {string} file */
function complete(file) {
  /** @type {{ packages: Record<string, Entry> }} */
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  let added = 0
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const places =
        path === ''
          ? ['']
          : [`${path}/`, ...path.split('/node_modules/').map((_, k, all) => `${all.slice(0, k).join('/node_modules/')}/`), '']
      if (places.some((place) => lock.packages[`${place}node_modules/${name}`.replace(/^\//, '')])) continue
      if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}: ${version} is a range; install it where the registry has it`)
      const platform = platformOf(name)
      if (!platform.os && !platform.cpu) throw new Error(`${name}: no platform in its name`)
      lock.packages[`node_modules/${name}`] = { version, ...(entry.dev && { dev: true }), optional: true, ...platform }
      added++
    }
  }
  const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
  console.error(`${added} packages of other platforms added to ${file}`)
}

for (const file of ['package-lock.json', 'test/package-lock.json']) complete(file)
