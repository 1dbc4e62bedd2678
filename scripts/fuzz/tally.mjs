// What came of the inputs of a reader: counted, added up, kept in a file, printed as a table.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/** Of a stretch of inputs: how many were opened or refused, the slowest in seconds of processor time, the most memory in bytes. */
export const emptyTally = () => ({ opened: 0, convolutions: 0, refused: 0, slowest: 0, slowestAt: -1, memory: 0 })

/** Adds one stretch to another. */
export function addTally(sum, { opened, convolutions, refused, slowest, slowestAt, memory }) {
  sum.opened += opened
  sum.convolutions += convolutions
  sum.refused += refused
  sum.memory = Math.max(sum.memory, memory)
  if (slowest > sum.slowest) Object.assign(sum, { slowest, slowestAt })
}

/** What has been done of each reader, in a file: a run that is stopped goes on where it was. */
export function progressIn(path) {
  const known = path !== undefined && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  return {
    of: (reader, seed, from) => known[`${reader} ${seed} ${from}`],
    save(reader, seed, from, done) {
      known[`${reader} ${seed} ${from}`] = done
      if (path === undefined) return
      writeFileSync(`${path}.part`, JSON.stringify(known, undefined, 2))
      renameSync(`${path}.part`, path)
    },
  }
}

/** A row of a table for docs/decisions/fuzzing.md. */
export function rowOf(reader, seed, { inputs, tally, findings, seconds }) {
  const thousands = (n) => n.toLocaleString('en-US')
  const cells = [
    reader,
    `${thousands(inputs)} (seed ${seed})`,
    thousands(tally.opened),
    thousands(tally.refused),
    findings.length,
    `${tally.slowest.toFixed(2)} s`,
    `${(tally.memory / 2 ** 20).toFixed(0)} MiB`,
    thousands(Math.round(inputs / Math.max(seconds, 0.001))),
  ]
  return `| ${cells.join(' | ')} |`
}

export const heading =
  '| reader | inputs | opened | refused | findings | slowest input | largest memory | inputs a second |\n|---|---|---|---|---|---|---|---|'
