// Writes the licences of all packages whose code is in a bundle: dist/THIRD-PARTY-NOTICES.txt, and a copy in the folders that are
// served on their own. Ends with an error for a package without a licence: it may not be bundled.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the source of a package lies that must be offered with its code (MPL-2.0, 3.2), and parts of other makers within one. */
const remarks = new Map([
  ['@resvg/resvg-wasm', 'The source under MPL-2.0: https://github.com/thx/resvg-js and https://github.com/linebender/resvg'],
  ['h5wasm', 'Holds the HDF5 library of The HDF Group: https://github.com/HDFGroup/hdf5/blob/develop/LICENSE'],
])

/** Folders of the packages in each bundle, by bundle. @returns {Record<string, string[]>} */
export function bundledPackages() {
  return Object.fromEntries(
    readdirSync('dist/.bundled').map((file) => [
      file.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join('dist/.bundled', file), 'utf8')),
    ]),
  )
}

/** Texts for packages that come without theirs. @type {Record<string, (author: string) => string>} */
const standard = {
  MIT: (author) =>
    readFileSync('LICENSE', 'utf8')
      .trim()
      .replace(/^Copyright .*$/m, `Copyright (c) ${author}`), // ours is MIT as well
  'Apache-2.0': () => readFileSync('node_modules/assemblyscript/LICENSE', 'utf8').trim(),
  'MPL-2.0': () =>
    'This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.',
}

/**
 * What the notices say of a package: name, version, licence, and the texts of its licence and notice files.
 * @param {string} folder @throws Error when there is no such text
 */
export function noticeOf(folder) {
  /** @type {{ name: string, version: string, license?: string, author?: string | { name: string } }} */
  const { name, version, license = 'see below', author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)([-.][\w-]+)*$/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
    .filter((text) => text !== '')
  const by = typeof author === 'string' ? author : author?.name
  const usual = texts.length === 0 ? standard[license]?.(by ?? `the authors of ${name}`) : undefined
  if (usual) texts.push(usual)
  if (texts.length === 0) throw new Error(`${folder} has no licence text, so it may not be bundled`)
  const remark = remarks.get(name)
  return [`${name} ${version}\nLicence: ${license}`, ...(remark ? [remark] : []), ...texts].join('\n\n')
}

function writeNotices() {
  const bundles = bundledPackages()
  const folders = [...new Set(Object.values(bundles).flat())].sort()
  const line = '-'.repeat(80)
  const text = `filterlens contains code of the packages below, in the command, the library and the page. Each is under its own licence.\n\n${folders
    .map((folder) => `${line}\n${noticeOf(folder)}\n`)
    .join('\n')}`
  const file = 'dist/THIRD-PARTY-NOTICES.txt'
  writeFileSync(file, text)
  for (const served of ['dist/web', 'dist/browser']) copyFileSync(file, join(served, 'THIRD-PARTY-NOTICES.txt'))
  console.error(`${file}: ${folders.length} packages, ${text.length} characters`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeNotices()
