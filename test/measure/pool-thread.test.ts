import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { WorkerHandle } from '../../src/io/platform.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { takeBatch } from '../../src/measure/pool.ts'
import type { PoolRequest } from '../../src/measure/pool-protocol.ts'
import { PoolThread } from '../../src/measure/pool-thread.ts'
import { revivedError, sentLayer } from '../../src/measure/sent-layer.ts'

/** A worker that is played by the test, and what a pool is told of its thread. */
function played(start: Promise<PoolRequest> = new Promise(() => undefined)) {
  const posted: PoolRequest[] = []
  const told: string[] = []
  let [say, fail] = [(_: unknown): void => undefined, (_: Error): void => undefined]
  const handle: WorkerHandle = {
    post: (message) => void posted.push(message as PoolRequest),
    onMessage: (listener) => void (say = listener),
    onFailure: (listener) => void (fail = listener),
    end: async () => void told.push('ended'),
  }
  const thread = new PoolThread(handle, start, {
    onRoom: () => void told.push('room'),
    onFailure: (error, _, wasUp) => void told.push(`${wasUp ? 'up' : 'not up'}: ${error.message}`),
  })
  return { thread, posted, told, say: (message: unknown) => say(message), fail: (error: Error) => fail(error) }
}

test('a thread that is not up has no room; one that is takes two requests', async () => {
  const { thread, told, say } = played()
  assert.not(thread.hasRoom)
  say({ kind: 'ready' })
  await thread.up
  assert.ok(thread.hasRoom)
  const [first, second] = [thread.take(), thread.take()]
  assert.not(thread.hasRoom)
  say({ kind: 'part', id: second.id, result: [] })
  assert.equal(await second.reply, { kind: 'part', id: second.id, result: [] })
  assert.ok(thread.hasRoom)
  first.free()
  first.free()
  assert.equal(told, ['room', 'room', 'room'], 'up, answered, given back once')
})

test('the start is sent when the module is compiled', async () => {
  const request: PoolRequest = { kind: 'forget', key: 5 }
  const { posted } = played(Promise.resolve(request))
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(posted, [request])
  const { thread } = played(Promise.reject(new Error('does not compile')))
  await thread.up.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'does not compile'),
  )
})

test('one that fails before it is up lost nothing; one that fails later says so', async () => {
  const early = played()
  early.fail(new Error('no thread'))
  await early.thread.up.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'a measuring thread failed: no thread'),
  )
  assert.equal(early.told, ['not up: a measuring thread failed: no thread'])
  const late = played()
  late.say({ kind: 'ready' })
  late.fail(new Error('out of memory'))
  assert.equal(late.told, ['room', 'up: a measuring thread failed: out of memory'])
})

test('what is not answered is rejected at the end, and late answers are nobody’s', async () => {
  const { thread, told, say } = played()
  say({ kind: 'ready' })
  const { id, reply } = thread.take()
  thread.rejectAll(new Error('over'))
  say({ kind: 'part', id, result: [] })
  await reply.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'over'),
  )
  assert.equal(told, ['room'])
})

test('small layers travel together up to a bound of work and of number', () => {
  const layers = (...work: number[]) => work.map((work) => ({ work }))
  const waiting = layers(9e6, 1e6, 2e6, 3e6, 1)
  assert.equal(takeBatch(waiting, 1, 1e6), layers(1e6, 2e6))
  assert.equal(waiting, layers(9e6, 3e6, 1), 'in their order: none overtakes the one that did not fit')
  assert.is(takeBatch(layers(...Array<number>(100).fill(1)), 0, 1).length, 63)
  assert.equal(takeBatch(layers(1), 1, 1), [])
})

test('bytes that exist only here are sent along, from where the layer begins, unless they are too many', async () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, k) => k)
  const access = memoryAccess('a', bytes)
  const job = { plan: { access, dtype: 'float32', offset: 20 }, shape: [1, 2, 3, 3] } as const
  const sent = await sentLayer(job, 72)
  assert.ok(sent?.bytes.kind === 'sent')
  assert.equal(new Uint8Array(sent.bytes.bytes), bytes.subarray(20, 92))
  assert.is(sent.plan.offset, 0)
  assert.is(await sentLayer(job, 71), undefined)
})

test('an error comes back as what it was', () => {
  const own = revivedError({ name: 'InputError', message: 'a: is cut', file: 'a', problem: 'is cut' })
  assert.equal([own.constructor.name, own.message], ['InputError', 'a: is cut'])
  const other = revivedError({ name: 'RangeError', message: 'no more memory' })
  assert.equal([other.name, other.message], ['RangeError', 'no more memory'])
})

test.run()
