// Bundling straight from the sources: esbuild reads TypeScript, and finds what package.json maps by conditions among the sources.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The source of a compiled file. @param {string} compiled */
const sourceOf = (compiled) => resolve(compiled.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'))

/** Resolves the names of package.json's "imports". @param {'browser' | 'default'} condition @returns {import('esbuild').Plugin} */
export function mappedNames(condition) {
  /** @type {{ imports: Record<string, Record<string, string>> }} */
  const { imports } = JSON.parse(readFileSync('package.json', 'utf8'))
  return {
    name: 'mapped-names',
    setup({ onResolve }) {
      onResolve({ filter: /^#/ }, ({ path }) => {
        const compiled = imports[path]?.[condition]
        return compiled ? { path: sourceOf(compiled) } : { errors: [{ text: `package.json maps no ${path}` }] }
      })
    },
  }
}
