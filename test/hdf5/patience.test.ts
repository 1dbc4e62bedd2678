import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { COMPUTING, computing, Patience, READING } from '../../src/hdf5/patience.ts'

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('a thread that computes on and on is given up after two seconds of processor time', async () => {
  const begun = performance.now()
  const why = await new Promise<string>((resolve) => {
    const patience = new Patience(resolve, () => performance.now() - begun)
    patience.beat(COMPUTING)
    patience.start()
  })
  assert.match(why, /going round for \d+ s/)
  assert.ok(performance.now() - begun >= 2000)
})

test('a thread that is starved, reads from a slow disk, works on much, waits for this side or gives signs of life is left alone', async () => {
  const problems: string[] = []
  const begin = (spent: () => number): Patience => {
    const patience = new Patience((why) => problems.push(why), spent)
    patience.start()
    return patience
  }
  const busy = (): number => performance.now() * 4
  const starved = begin(() => 1)
  starved.beat(COMPUTING)
  const reading = begin(busy)
  reading.beat(READING)
  const large = begin(busy)
  large.beat(computing(1 << 27))
  const served = begin(busy)
  served.beat(COMPUTING)
  const alive = begin(busy)
  const beats = setInterval(() => alive.beat(COMPUTING), 100)
  const stopped = begin(busy)
  stopped.beat(COMPUTING)
  stopped.stop()
  await served.during(() => wait(3500))
  for (const one of [starved, reading, large, served, alive]) one.stop()
  clearInterval(beats)
  assert.equal(problems, [])
})

test('without processor time ten seconds of waiting stand for two', () => {
  const timers: (() => void)[] = []
  const real = globalThis.setInterval
  globalThis.setInterval = ((tick: () => void) => timers.push(tick)) as unknown as typeof setInterval
  try {
    const problems: string[] = []
    const patience = new Patience((why) => problems.push(why))
    patience.beat(COMPUTING)
    patience.start()
    for (let k = 0; k < 39; k++) timers[0]!()
    assert.equal(problems, [])
    timers[0]!()
    assert.match(problems[0]!, /for 10 s/)
  } finally {
    globalThis.setInterval = real
  }
})

test.run()
