import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { Hdf5Client } from '../../src/hdf5/client.ts'
import { looksLikeHdf5, openHdf5 } from '../../src/hdf5/file.ts'
import { startHdf5Worker } from '../../src/hdf5/node.ts'
import type { Hdf5Envelope } from '../../src/hdf5/protocol.ts'
import { openFile } from '../../src/io/node.ts'
import { memoryAccess } from '../../src/io/random-access.ts'

const path = join(import.meta.dirname, '../fixtures/hdf5/mixed.h5')
const bytes = new Uint8Array(readFileSync(path))

async function problemOf(doing: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof doing === 'function' ? doing() : doing)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it did not fail')
}

test('is recognised by its signature, behind a user block too', () => {
  assert.ok(looksLikeHdf5(bytes.subarray(0, 4096)))
  const block = new Uint8Array(4096)
  block.set(bytes.subarray(0, 100), 1024)
  assert.ok(looksLikeHdf5(block))
  assert.not(looksLikeHdf5(new TextEncoder().encode('<html>')))
})

test('groups, attributes, types and values', async () => {
  const access = await openFile(path)
  const file = await openHdf5(access)
  const root = (await file.describe('/'))!
  assert.equal(root.attributes, {
    text: 'ümläut',
    fixed: 'ascii',
    number: 7,
    list: new Float64Array([1.5, 2.5]),
    texts: ['a', 'bé', ''],
    empty: null,
  })
  assert.ok(root.kind === 'group' && root.keys.includes('group') && root.keys.includes('plain'))
  assert.is(await file.describe('/nothing'), null)
  assert.is(await file.describe('/broken'), null)
  assert.is(await file.describe('/elsewhere'), null)
  const described = async (name: string) => {
    const found = await file.describe(name)
    assert.ok(found?.kind === 'dataset', name)
    return [found.shape, found.type.kind, found.type.bytes, await file.value(name)]
  }
  assert.equal(await described('/group/i8'), [[4], 'int', 8, new BigInt64Array([-2n, -1n, 0n, 1n])])
  assert.equal(await described('/soft'), [[4], 'int', 8, new BigInt64Array([-2n, -1n, 0n, 1n])])
  assert.equal(await described('/group/u2'), [[2], 'uint', 2, new Uint16Array([1, 65535])])
  assert.equal(await described('/group/bool'), [[2], 'bool', 1, new Uint8Array([1, 0])])
  assert.equal(await described('/group/fixed'), [[3], 'string', 8, ['one', 'zwölf', '']])
  assert.equal(await described('/group/variable'), [[3], 'string', 0, ['one', 'zwölf', '']])
  assert.equal(await described('/group/scalar'), [[], 'float', 8, new Float64Array([2.5])])
  assert.equal(await described('/sequences'), [[2], 'sequence', 1, [new Uint8Array([0, 1, 2, 3, 4]), new Uint8Array(0)]])
  assert.equal((await described('/group/pairs')).slice(0, 3), [[2], 'other', 6])
  await file.close()
  await access.close!()
})

for (const [how, open] of [
  ['by path', () => openFile(path)],
  ['through shared memory', async () => memoryAccess('mixed.h5', bytes)],
] as const)
  test(`elements ${how}, whatever the layout, at any offset`, async () => {
    const source = await open()
    const file = await openHdf5(source)
    const whole = new Uint8Array(Float32Array.from({ length: 40_000 }, (_, k) => k).buffer)
    for (const name of ['/plain', '/chunked', '/wide_chunks']) {
      const access = await file.access(name)
      assert.is(access.byteLength, 160_000)
      assert.is(access.origin !== undefined, name === '/plain' && how === 'by path', name)
      for (const [from, length] of [
        [0, 160_000],
        [0, 0],
        [1, 3],
        [10_239, 2],
        [159_999, 1],
        [5000, 100_001],
      ] as const)
        assert.equal(await access.read(from, length), whole.slice(from, from + length), `${name} ${from} ${length}`)
      assert.match(await problemOf(() => access.read(159_999, 2)), /ends at byte 160000/)
    }
    const unwritten = await (await file.access('/unwritten')).read(0, 160_000)
    assert.equal([...new Float32Array(unwritten.slice().buffer)], Array(40_000).fill(3))
    await file.close()
    await source.close?.()
  })

test('what cannot be read is an InputError that says why', async () => {
  const alive = await openHdf5(await openFile(path)) // the failures of others are not its own
  const file = await openHdf5(memoryAccess('mixed.h5', bytes))
  const lzf = await file.access('/lzf')
  assert.match(await problemOf(lzf.read(0, 4)), /^mixed\.h5: holds data compressed with lzf, which is not read here; .*h5repack/)
  assert.match(await problemOf(file.access('/group/fixed')), /holds no plain numbers/)
  assert.match(await problemOf(file.access('/huge_chunks')), /chunks of 419430400 bytes.*h5repack/)
  assert.match(await problemOf(file.access('/nothing')), /has no data set \/nothing/)
  await file.close()
  await file.close()
  assert.match(await problemOf(file.value('/plain')), /closed/)
  assert.match(await problemOf(openHdf5(memoryAccess('cut.h5', bytes.subarray(0, 200_000)))), /^cut\.h5: is cut short or damaged/)
  assert.match(await problemOf(openHdf5(memoryAccess('junk.h5', new Uint8Array(3000)))), /^junk\.h5: is damaged or no HDF5/)
  const missing = {
    ...memoryAccess('gone.h5', bytes),
    origin: { at: { kind: 'path', path: '/no/such/file' } as const, offset: 0 },
  }
  assert.match(await problemOf(openHdf5(missing)), /^gone\.h5: /)
  const failing = {
    ...memoryAccess('fails.h5', bytes),
    read: () => Promise.reject(new InputError('fails.h5', 'the line is dead')),
  }
  assert.is(await problemOf(openHdf5(failing)), 'fails.h5: the line is dead')
  let reads = 0
  const source = memoryAccess('later.h5', bytes)
  const dies = {
    ...source,
    read: (offset: number, length: number) =>
      reads++ > 0 ? Promise.reject(new InputError('later.h5', 'gone')) : source.read(offset, length),
  }
  const later = await openHdf5(dies)
  const broken = await later
    .access('/chunked')
    .then((access) => access.read(0, 4))
    .catch((error: Error) => error.message)
  assert.is(broken, 'later.h5: gone')
  await later.close()
  assert.is(((await alive.value('/plain')) as Float32Array).length, 40_000)
  await alive.close()
})

test('an attribute that cannot be read is a failure, not an attribute without a value', async () => {
  const damaged = bytes.slice()
  const heap = Buffer.from(damaged.buffer).indexOf('GCOL')
  assert.is(damaged[heap + 9], 0x10) // 4096 bytes, all of which the library reads first; then it reads zeros
  damaged[heap + 9] = 0x51
  const file = await openHdf5(memoryAccess('damaged.h5', damaged))
  assert.match(await problemOf(file.describe('/')), /^damaged\.h5: is damaged .*its global heap has an object of 0 bytes/)
  await file.close()
})

test('the attributes of one object are read up to a limit of all together', async () => {
  const packed = new Uint8Array(readFileSync(join(import.meta.dirname, '../fixtures/hdf5/attributes.h5.gz')))
  const file = await openHdf5(memoryAccess('attributes.h5', new Uint8Array(gunzipSync(packed))))
  const { attributes } = (await file.describe('/w'))!
  assert.equal(
    Object.entries(attributes).map(([name, value]) => [name, value !== null]),
    [
      ['a0', true],
      ['a1', true],
      ['a2', false],
      ['a3', false],
    ],
  )
  await file.close()
})

test('a file inside a larger one, as a stored zip entry is', async () => {
  const around = new Uint8Array(bytes.length + 77)
  around.set(bytes, 77)
  const blob = new Blob([around])
  assert.is(blob.size, around.length)
  const access = await openFile(path)
  const part = { ...access, byteLength: access.byteLength, origin: { at: access.origin!.at, offset: 0 } }
  const file = await openHdf5(part)
  assert.is((await file.access('/plain')).origin?.at, access.origin!.at)
  await file.close()
  await access.close!()
})

test('the library gets no more memory than a limit, and goes on without', async () => {
  const client = await Hdf5Client.open(memoryAccess('mixed.h5', bytes), { kind: 'memory', bytes }, startHdf5Worker)
  const rows = (to: number) => client.ask<Uint8Array>({ op: 'box', path: '/huge_chunks', first: [0, 0], counts: [to, 100] })
  assert.match(await problemOf(rows(2 ** 21)), /no memory for 838860800 bytes/)
  assert.is((await rows(10)).length, 4000)
  await client.close()
})

test('a thread that dies takes only its own files with it; the next file gets a new one', async () => {
  let started = 0
  const start = () => {
    started++
    let message: (reply: unknown) => void = () => {}
    let failure: (error: Error) => void = () => {}
    return {
      post(envelope: unknown) {
        const { id, request } = envelope as Hdf5Envelope
        if (request.op === 'describe') queueMicrotask(() => failure(new Error('out of memory')))
        else if (request.op === 'value') queueMicrotask(() => message({ id, failure: 'unreachable', fatal: true }))
        else queueMicrotask(() => message({ id, result: null }))
      },
      onMessage: (listener: typeof message) => void (message = listener),
      onFailure: (listener: typeof failure) => void (failure = listener),
      keepAlive: () => {},
      end: async () => {},
    }
  }
  const memory = { kind: 'memory', bytes } as const
  const one = await Hdf5Client.open(memoryAccess('one.h5', bytes), memory, start)
  const before = started
  assert.match(await problemOf(one.ask({ op: 'describe', path: '/' })), /^one\.h5: .*out of memory/)
  assert.match(await problemOf(one.ask({ op: 'box', path: '/', first: [0], counts: [1] })), /^one\.h5: .*out of memory/)
  const two = await Hdf5Client.open(memoryAccess('two.h5', bytes), memory, start)
  assert.is(started, before + 1)
  assert.match(await problemOf(two.ask({ op: 'value', path: '/x' })), /^two\.h5: .*unreachable/)
  assert.match(await problemOf(two.ask({ op: 'value', path: '/x' })), /^two\.h5: .*failed on it/)
  await one.close()
  await two.close()
  const real = await openHdf5(memoryAccess('mixed.h5', bytes))
  assert.is((await real.describe('/'))?.kind, 'group')
  await real.close()
})

test('a failure to close is no failure of what was read; late questions and answers find nobody', async () => {
  let started = 0
  const messages: ((reply: unknown) => void)[] = []
  const asked: Hdf5Envelope[] = []
  const start = () => {
    const at = started++
    return {
      post(envelope: unknown) {
        const { id, request } = envelope as Hdf5Envelope
        asked.push(envelope as Hdf5Envelope)
        if (request.op === 'close')
          queueMicrotask(() => messages[at]!({ id, failure: 'memory access out of bounds', fatal: true }))
        else if (request.op === 'describe') queueMicrotask(() => messages[at]!({ id, failure: 'no such thing', fatal: false }))
        else if (request.op === 'open') queueMicrotask(() => messages[at]!({ id, result: null }))
      },
      onMessage: (listener: (reply: unknown) => void) => void messages.push(listener),
      onFailure: () => {},
      keepAlive: () => {},
      end: async () => {},
    }
  }
  const unhandled: unknown[] = []
  const listener = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', listener)
  const bridge = { kind: 'bridge', signal: new Int32Array(2), block: new Uint8Array(8) } as const
  const one = await Hdf5Client.open(memoryAccess('one.h5', bytes), bridge, start)
  const never = one.ask({ op: 'box', path: '/x', first: [0], counts: [1] })
  await one.close()
  assert.match(await problemOf(never), /^one\.h5: .*failed on it/)
  messages[0]!({ need: { file: asked[0]!.file, offset: 0, length: 8 } })
  messages[0]!({ id: asked[1]!.id, failure: 'late', fatal: false })
  const two = await Hdf5Client.open(memoryAccess('two.h5', bytes), bridge, start)
  assert.is(started, 2)
  assert.match(await problemOf(two.ask({ op: 'describe', path: '/' })), /no such thing/)
  const three = await Hdf5Client.open(memoryAccess('three.h5', bytes), bridge, start)
  assert.is(started, 3, 'the library of two.h5 has failed once')
  await two.close()
  await three.close()
  await new Promise((resolve) => setTimeout(resolve, 10))
  process.off('unhandledRejection', listener)
  assert.equal(unhandled, [])
})

test.run()
