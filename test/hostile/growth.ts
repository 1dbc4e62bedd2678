import * as assert from 'uvu/assert'

/** Milliseconds of processor time below which a run says nothing of how time grows. */
const LEAST = 40

/**
 * Twice the input takes at most two and a half times the time. What counts is the processor time of this process, the least of a
 * few runs, so that other work on the machine does not decide; the input is doubled until there is something to measure.
 * @param prepare makes an input of n parts and gives back the work on it
 */
export async function growsLinearly(
  name: string,
  n: number,
  prepare: (n: number) => (() => Promise<unknown>) | Promise<() => Promise<unknown>>,
): Promise<void> {
  let size = n
  let once = await leastOf(await prepare(size), 2)
  while (once < LEAST && size < 16 * n) once = await leastOf(await prepare((size *= 2)), 2)
  if (once < LEAST) return // sixteen times the input is nothing yet
  let told = ''
  // A collection of garbage can fall into one size; where time grows as a square, it does so at every size.
  for (let attempt = 0; attempt < 4; attempt++, size *= 2) {
    const [work, more] = [await prepare(size), await prepare(2 * size)]
    const runs = attempt === 0 ? 2 : 4 // most are judged at once
    once = await leastOf(work, runs)
    const ratio = (await leastOf(more, runs)) / once
    if (ratio <= 2.5) return
    told = `${2 * size} parts take ${ratio.toFixed(1)} times as long as ${size} (${once.toFixed(0)} ms)`
  }
  assert.unreachable(`${name}: ${told}`)
}

async function leastOf(work: () => Promise<unknown>, runs: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}
