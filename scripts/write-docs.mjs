// Writes the parts of docs/ that are made from the descriptions in src/ (after npm run build): node scripts/write-docs.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { generatedDocs, withGenerated } from '../dist/test/docs/markdown.js'

for (const file of generatedDocs) writeFileSync(file, withGenerated(readFileSync(file, 'utf8')))
