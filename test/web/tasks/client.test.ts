import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Answer, Call } from '../../../src/web/tasks/protocol.ts'

/** Workers as the page starts them; these answer only what they are made to. */
const started: SilentWorker[] = []

class SilentWorker {
  readonly calls: Call[] = []
  isEnded = false
  onmessage: ((event: { data: Answer }) => void) | undefined

  constructor() {
    started.push(this)
  }

  postMessage(call: Call): void {
    this.calls.push(call)
  }

  terminate(): void {
    this.isEnded = true
  }

  answer(result: unknown): void {
    this.onmessage!({ data: { id: this.calls.at(-1)!.id, result } })
  }
}

Object.assign(globalThis, { Worker: SilentWorker })
const { openWork } = await import('../../../src/web/tasks/client.ts')

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'none')

test('a call that is cancelled and does not stop ends the worker; its other calls and later ones go on in a new one', async () => {
  const work = openWork()
  const abort = new AbortController()
  const files = (name: string) => ({ files: [{ path: name, blob: new Blob([]) }] })
  const stuck = work('analyze', files('stuck'), { signal: abort.signal }).catch(nameOf)
  const other = work('analyze', files('other'))
  abort.abort()
  assert.is(await stuck, 'AbortError')
  const [first, second] = started
  assert.equal([started.length, first!.isEnded, second!.isEnded], [2, true, false])
  // What else the old one was doing is begun again.
  assert.equal(
    second!.calls.map(({ given }) => (given as ReturnType<typeof files>).files[0]!.path),
    ['other'],
  )
  second!.answer('done')
  assert.is(await other, 'done')
  const later = work('analyze', files('later'))
  second!.answer('too')
  assert.is(await later, 'too')
})

test('a call that stops when it is told leaves its worker as it is', async () => {
  started.length = 0
  const work = openWork()
  const abort = new AbortController()
  const stopped = work('analyze', { files: [] }, { signal: abort.signal }).catch(nameOf)
  abort.abort()
  const [worker] = started
  worker!.onmessage!({
    data: { id: worker!.calls[0]!.id, error: { name: 'AbortError', message: 'cancelled', plain: false, stack: '' } },
  })
  assert.is(await stopped, 'AbortError')
  await new Promise((done) => setTimeout(done, 500))
  assert.equal([started.length, worker!.isEnded], [1, false])
})

test.run()
