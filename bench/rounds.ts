/** Something that is timed: gives milliseconds, or undefined where it cannot run. */
export type Contender = () => number | Promise<number | undefined>

export interface Timing {
  readonly median: number
  /** Median over the rounds of this one's time over the first one's in the same round. */
  readonly ratio: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds of processor time that `work` takes: what else the machine does meanwhile counts less than on the clock. */
export function timed(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/**
 * Runs all contenders once a round, one after the other, so that whatever else the machine does meets them all; the order turns
 * from round to round. A first round warms up and does not count. Ratios are to the first contender, round by round.
 */
export async function paired(contenders: ReadonlyMap<string, Contender>, rounds: number): Promise<Map<string, Timing>> {
  const names = [...contenders.keys()]
  const times = new Map<string, (number | undefined)[]>(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (let k = 0; k < names.length; k++) {
      const name = names[(k + round + names.length) % names.length]!
      if (times.get(name)!.includes(undefined)) continue
      const time = await contenders.get(name)!()
      if (time === undefined) times.set(name, [undefined])
      else if (round >= 0) times.get(name)!.push(time)
    }
  }
  const first = times.get(names[0]!) as number[]
  const out = new Map<string, Timing>()
  for (const [name, list] of times) {
    if (list.includes(undefined)) continue
    const own = list as number[]
    out.set(name, { median: median(own), ratio: median(own.map((time, k) => time / first[k]!)) })
  }
  return out
}
