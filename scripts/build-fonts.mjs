// Writes src/figures/inter.generated.ts: Inter 400 and 600 (Latin, WOFF2) as base64, for the report and for PNG figures; and
// src/figures/inter-pdf.generated.ts: the same as WOFF, for PDF figures (fontkit 2.0.4 fails on composite glyphs of WOFF2).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const read = (name) => readFileSync(`node_modules/@fontsource/inter/${name}`)
const licence = read('LICENSE').toString('utf8').split('\n', 1).join('').trim()
for (const { file, ending, name } of [
  { file: 'src/figures/inter.generated.ts', ending: 'woff2', name: 'inter' },
  { file: 'src/figures/inter-pdf.generated.ts', ending: 'woff', name: 'interForPdf' },
]) {
  const fonts = [400, 600].map((weight) => {
    const font = read(`files/inter-latin-${weight}-normal.${ending}`).toString('base64')
    return `export const ${name}${weight}: string =\n  '${font}'\n`
  })
  const text = `// Written by scripts/build-fonts.mjs from @fontsource/inter: do not edit.
// ${licence}; SIL Open Font License 1.1.
${fonts.join('')}`
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}
