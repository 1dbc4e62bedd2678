// npm run test:identity: one line an engine, `<engine> <version> <sha256>`; exit code 0 only when all agree.
import { identityEngines } from './engines.ts'

let first: { name: string; sha256: string; tables: Readonly<Record<string, string>> } | undefined
let failed = false
for (const { name, run } of identityEngines) {
  try {
    const answer = await run()
    if (!answer) {
      if (name === 'deno' || name === 'bun') console.log(`skipped: ${name} not installed`)
      continue
    }
    console.log(`${name} ${answer.version} ${answer.sha256}`)
    first ??= { name, ...answer }
    if (answer.sha256 === first.sha256) continue
    failed = true
    for (const [table, hex] of Object.entries(answer.tables))
      if (hex !== first.tables[table])
        console.error(`${name}: ${table} differs from ${first.name}'s: ${hex}, ${first.tables[table]}`)
  } catch (error) {
    failed = true
    console.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
  }
}
process.exitCode = failed ? 1 : 0
