// Writes src/figures/inter.generated.ts: Inter 400 and 600 (Latin, WOFF2) as base64, for the report and for PNG figures.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const read = (name) => readFileSync(`node_modules/@fontsource/inter/${name}`)
const font = (weight) => read(`files/inter-latin-${weight}-normal.woff2`).toString('base64')
const licence = read('LICENSE').toString('utf8').split('\n', 1).join('').trim()
const text = `// Written by scripts/build-fonts.mjs from @fontsource/inter: do not edit.
// ${licence}; SIL Open Font License 1.1.
export const inter400: string =
  '${font(400)}'
export const inter600: string =
  '${font(600)}'
`
const file = 'src/figures/inter.generated.ts'
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
