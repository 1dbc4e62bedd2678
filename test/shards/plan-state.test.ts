import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunPlan } from '../../src/shards/plan.ts'
import { type PassName, passes } from '../../src/shards/plan-paths.ts'
import { type PassFiles, type PlanFiles, passStates, stepsLeft } from '../../src/shards/plan-state.ts'

const nothing: PassFiles = { parts: new Set(), journals: new Set(), running: [], failed: [], rate: undefined }

/** A plan of shards of that much work; what else it holds is not looked at. */
const planOf = (works: readonly number[]): RunPlan => ({ shards: works.map((work) => ({ work })) }) as unknown as RunPlan

const filesOf = (measure: Partial<PassFiles>, more: Partial<Record<PassName, Partial<PassFiles>>> = {}): PlanFiles => ({
  passes: new Map(passes.map((pass) => [pass, { ...nothing, ...(pass === 'measure' ? measure : more[pass]) }])),
  hasBasis: false,
  hasRange: false,
})

const running = (shard: number, share: number | null): PassFiles['running'][number] => ({
  shard,
  host: 'n1',
  share,
  since: null,
  model: null,
})
const failed = (shard: number): PassFiles['failed'][number] => ({ shard, problem: 'no', when: '', host: '' })

test('each shard is in one state: a part counts before a lock, a lock before a failure, a failure before a journal', () => {
  const [state] = passStates(
    planOf([1, 1, 1, 1, 1, 1]),
    filesOf({
      parts: new Set([0, 1]),
      running: [running(1, 0.5), running(2, 0.5)],
      failed: [failed(0), failed(2), failed(3)],
      journals: new Set([2, 3, 4]),
    }),
    ['measure'],
  )
  assert.equal(state!.done, [0, 1])
  assert.equal(
    state!.running.map(({ shard }) => shard),
    [2],
  )
  assert.equal(
    state!.failed.map(({ shard }) => shard),
    [3],
  )
  assert.equal([state!.stopped, state!.waiting], [[4], [5]])
})

test('shares and the time that is left go by work, not by the number of shards', () => {
  const files = filesOf({ parts: new Set([0]), running: [running(1, 0.5), running(2, null)], rate: 10 })
  const [state] = passStates(planOf([600, 200, 100, 100]), files, ['measure'])
  assert.is(state!.share, 0.7)
  assert.is(state!.secondsLeft, 300 / (10 * 2))
  const [idle] = passStates(planOf([600, 400]), filesOf({ parts: new Set([0]), rate: 10 }), ['measure'])
  assert.is(idle!.secondsLeft, null)
  const [empty] = passStates(planOf([0, 0]), filesOf({ parts: new Set([0, 1]) }), ['measure'])
  assert.is(empty!.share, 1)
})

test('what is left: only the shards without a part, what is made between two passes, and the results', () => {
  const states = (files: PlanFiles, asked: readonly PassName[]): ReturnType<typeof passStates> =>
    passStates(planOf([1, 1]), files, asked)
  const one = filesOf({ parts: new Set([1]) })
  assert.equal(stepsLeft(states(one, ['measure']), one), [{ kind: 'shards', pass: 'measure', shards: [0] }, { kind: 'merge' }])
  assert.equal(stepsLeft(states(one, passes), one), [
    { kind: 'shards', pass: 'measure', shards: [0] },
    { kind: 'basis', after: 'measure' },
    { kind: 'shards', pass: 'ranges', shards: [0, 1] },
    { kind: 'basis', after: 'ranges' },
    { kind: 'shards', pass: 'counts', shards: [0, 1] },
    { kind: 'merge' },
  ])
  const all = new Set([0, 1])
  const later = {
    ...filesOf({ parts: all }, { ranges: { parts: all }, counts: { parts: new Set([0]) } }),
    hasBasis: true,
    hasRange: true,
  }
  assert.equal(stepsLeft(states(later, passes), later), [{ kind: 'shards', pass: 'counts', shards: [1] }, { kind: 'merge' }])
})

test.run()
