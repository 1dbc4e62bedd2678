import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { extract } from '../../src/extract.ts'
import type { Input, LazyInput } from '../../src/io/random-access.ts'
import { type DriverEvent, type DriverOptions, InputDriver } from '../../src/measure/input-driver.ts'
import type { Progress } from '../../src/measure/options.ts'
import { model, node, values, weight } from '../sources/onnx/model.ts'
import { convolution, memoryFolder, memoryInput, safetensors, type Tensor } from './models.ts'

const net = (seed: number): Uint8Array =>
  safetensors([convolution('a.weight', [4, 2, 3, 3], seed), convolution('b.weight', [4, 4, 5, 5], seed + 1)])
const good = (path: string): Input => memoryInput(path, net(path.length))
const broken = (path: string): Input => memoryInput(path, new Uint8Array([60, 33, 68, 79]))
const cut = net(1).subarray(0, 300)

/** An input that counts how often it is opened and closed. */
function counted(path: string): { input: LazyInput; opened: () => number; closed: () => number } {
  let [opens, closes] = [0, 0]
  const open = async (): Promise<Input> => {
    opens++
    const { access, ...rest } = good(path)
    return { ...rest, access: { ...access, close: async () => void closes++ } }
  }
  return { input: { path, open }, opened: () => opens, closed: () => closes }
}

const all: Pick<DriverOptions, 'choice' | 'goesOnWithout'> = { choice: 'all', goesOnWithout: () => true }

async function eventsOf(driver: InputDriver): Promise<DriverEvent[]> {
  const events: DriverEvent[] = []
  for await (const event of driver.events()) events.push(event)
  return events
}

const inputsOf = (events: readonly DriverEvent[]) => events.flatMap((event) => (event.kind === 'input' ? [event.input] : []))

test('models get names of their own, their layers selected and numbered, what is left out with its reason', async () => {
  const driver = new InputDriver([good('x/net.safetensors'), good('y/net.safetensors')], {
    ...all,
    choice: { height: 3, width: 3 },
  })
  const models = inputsOf(await eventsOf(driver)).flatMap(({ models }) => models)
  assert.equal(
    models.map(({ name, layers, skipped }) => [
      name,
      layers.map(({ layer_id }) => layer_id),
      skipped.map(({ reason }) => reason),
    ]),
    [
      ['x/net', [0], ['5×5, not asked for (--kernel all)']],
      ['y/net', [0], ['5×5, not asked for (--kernel all)']],
    ],
  )
  await driver.close()
})

test('a broken input ends the run, unless it is gone on without', async () => {
  const inputs = [broken('one'), good('two.safetensors')]
  const asked: string[] = []
  const strict = new InputDriver(inputs, { ...all, goesOnWithout: (file) => asked.push(file) < 0 })
  await eventsOf(strict).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, InputError),
  )
  assert.equal(asked, ['one'])
  const lax = await eventsOf(new InputDriver(inputs, all))
  assert.equal(
    lax.map((event) => (event.kind === 'failed' ? event.file : event.kind)),
    ['one', 'input'],
  )
})

test('a broken file inside an input is told apart from the input', async () => {
  const zip = memoryInput('nets.zip', zipSync({ 'a.safetensors': net(1), 'b.safetensors': cut }))
  const [failure, ...rest] = await eventsOf(new InputDriver([zip], all))
  assert.ok(failure?.kind === 'failed' && failure.file === 'nets.zip/b.safetensors')
  assert.equal(
    rest.map(({ kind }) => kind),
    ['input'],
  )
  const strict = new InputDriver([zip], { ...all, goesOnWithout: (_, inside) => !inside })
  await eventsOf(strict).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, InputError),
  )
  await strict.close()
  assert.is(strict.open, 0)
})

test('only an InputError is gone on without', async () => {
  const faulty: LazyInput = { path: 'x', open: () => Promise.reject(new TypeError('a fault')) }
  await eventsOf(new InputDriver([faulty], all)).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TypeError),
  )
})

test('inputs open one by one as events are asked for, and what nobody closed is closed in the end', async () => {
  const [a, b, c] = [counted('a.safetensors'), counted('b.safetensors'), counted('c.safetensors')]
  const driver = new InputDriver([a.input, b.input, c.input], all)
  const events = driver.events()
  await events.next()
  assert.equal([a.opened(), b.opened(), driver.open], [1, 0, 1])
  const second = await events.next()
  assert.is(driver.open, 2)
  assert.ok(second.value?.kind === 'input')
  await second.value.input.close()
  assert.equal([driver.open, b.closed(), a.closed()], [1, 1, 0])
  await driver.close()
  assert.equal([driver.open, a.closed(), b.closed(), c.opened()], [0, 1, 1, 0])
})

test('an aborted signal ends the run before the next input is opened', async () => {
  const [a, b] = [counted('a.safetensors'), counted('b.safetensors')]
  const stop = new AbortController()
  const driver = new InputDriver([a.input, b.input], { ...all, signal: stop.signal })
  const events = driver.events()
  await events.next()
  stop.abort(new Error('enough'))
  await events.next().then(
    () => assert.unreachable(),
    (error: unknown) => assert.is((error as Error).message, 'enough'),
  )
  assert.is(b.opened(), 0)
  await driver.close()
  assert.is(a.closed(), 1)
})

test('hashes are read when they are asked for, and not at all where they are not wanted', async () => {
  const path = 'net.safetensors'
  const hashOf = async (hash: boolean) => {
    const driver = new InputDriver([good(path)], { ...all, hash })
    const [input] = inputsOf(await eventsOf(driver))
    const hashes = await input!.models[0]!.hashes()
    await driver.close()
    return hashes
  }
  assert.match((await hashOf(true)).sha256!, /^[0-9a-f]{64}$/)
  assert.equal(await hashOf(false), { sha256: null, parts: [] })
})

test('progress counts inputs that are done, broken ones too, and the layers and filters of the one at hand', async () => {
  const told: Progress[] = []
  const driver = new InputDriver([broken('one'), good('two.safetensors')], { ...all, onProgress: (at) => void told.push(at) })
  const [input] = inputsOf(await eventsOf(driver))
  const [model] = input!.models
  const done = driver.progress.ofInput(model!.layers)
  for (const layer of model!.layers) done(model!.name, layer)
  assert.equal(
    told.map(({ inputs, model, layer, layers, filters }) => [inputs.done, inputs.total, model, layer, layers, filters]),
    [
      [1, 2, 'two', 'a.weight', { done: 1, total: 2 }, { done: 8, total: 24 }],
      [1, 2, 'two', 'b.weight', { done: 2, total: 2 }, { done: 24, total: 24 }],
    ],
  )
  await input!.close()
  done(model!.name, model!.layers[0]!)
  assert.is(told.at(-1)?.inputs.done, 2)
})

test('extracting goes on with the other models of a file of which one cannot be used', async () => {
  const infinite = convolution('a.weight', [4, 2, 3, 3], 1)
  infinite.values[71] = Number.POSITIVE_INFINITY
  const zip = zipSync({ 'a.safetensors': net(1), 'b.safetensors': safetensors([infinite]), 'c.safetensors': net(3) })
  const files = memoryFolder()
  const { models, layers, failed } = await extract([memoryInput('nets.zip', zip)], files, { keepGoing: true })
  assert.equal([models, layers], [2, 2])
  assert.is(failed.length, 1)
  assert.match(failed[0]!.problem, /the weight at index 71 .* Infinity/)
})

test('a layer that cannot be read leaves nothing of its model in an extraction that goes on', async () => {
  const bytes = net(5)
  const two = safetensors([convolution('a.weight', [4, 2, 3, 3], 1), convolution('b.weight', [4, 2, 3, 3], 2)])
  const { access, ...rest } = memoryInput('half.safetensors', two)
  const failing: Input = {
    ...rest,
    access: {
      ...access,
      read: (offset, length, into) =>
        offset + length > two.length - 4 && length > 4
          ? Promise.reject(new InputError('half.safetensors', 'cannot be read'))
          : access.read(offset, length, into),
    },
  }
  const files = memoryFolder()
  const options = { keepGoing: true, skipNonFinite: true, hash: false }
  const { models, layers, failed } = await extract([failing, memoryInput('good.safetensors', bytes)], files, options)
  assert.equal([models, layers, failed], [1, 1, [{ file: 'half.safetensors', problem: 'cannot be read' }]])
})

const inFamily = (path: string, bytes: Uint8Array, family = 'f'): LazyInput => ({
  path,
  family,
  open: async () => memoryInput(path, bytes),
})

test('of a family, files with the same filters in any order and under any names are handed on once, with a note', async () => {
  const [one, two] = [convolution('a', [4, 2, 3, 3], 1), convolution('b', [4, 4, 3, 3], 2)]
  const changed = { ...two, values: two.values.map((value, k) => (k === 5 ? value * 2 : value)) }
  const driver = new InputDriver(
    [
      inFamily('net.first', safetensors([one, two])),
      inFamily('net.changed', safetensors([one, changed])),
      inFamily('net.broken', cut),
      inFamily(
        'net.second',
        safetensors([
          { ...two, name: 'x' },
          { ...one, name: 'y' },
        ]),
      ),
      inFamily('other/net.first', safetensors([one, two]), 'g'),
    ],
    all,
  )
  const events = await eventsOf(driver)
  assert.equal(
    inputsOf(events).map(({ input }) => input.path),
    ['net.first', 'net.changed', 'other/net.first'],
  )
  assert.equal(
    events.flatMap((event) => (event.kind === 'warning' ? [event.text] : [])),
    ['net.second holds the same filters as net.first: one network in two files, counted once'],
  )
  assert.equal(
    events.flatMap((event) => (event.kind === 'failed' ? [event.file] : [])),
    ['net.broken'],
  )
  await driver.close()
})

test('of a family, the file whose depths are surest is kept, wherever it stands', async () => {
  const layer = { name: 'w', shape: [4, 2, 3, 3], values: values([4, 2, 3, 3], 1) }
  const onnx = model({
    nodes: [node('Conv', ['x', 'w'], ['y'])],
    initializers: [weight('w', [4, 2, 3, 3], 1)],
  })
  const npy = npyOf(layer)
  const driver = new InputDriver([inFamily('net.npy', npy), inFamily('net.onnx', onnx)], all)
  assert.equal(
    inputsOf(await eventsOf(driver)).map(({ input }) => input.path),
    ['net.onnx'],
  )
  await driver.close()
  const last = [inFamily('net.onnx', onnx), inFamily('net.safetensors', safetensors([layer]))]
  const second = new InputDriver(last, all)
  assert.equal(
    inputsOf(await eventsOf(second)).map(({ input }) => input.path),
    ['net.safetensors'],
  )
  await second.close()
})

test('a network that is kept needs no longer name than if its copy had not been there', async () => {
  const bytes = net(1)
  const inputs = [inFamily('nets/net.first', bytes), inFamily('nets/net.second', bytes), inFamily('nets/other.x', net(2), 'g')]
  const driver = new InputDriver(inputs, all)
  assert.equal(
    inputsOf(await eventsOf(driver)).flatMap(({ models }) => models.map(({ name }) => name)),
    ['net', 'other'],
  )
  await driver.close()
  const different = new InputDriver([inFamily('nets/net.first', bytes), inFamily('nets/net.second', net(2))], all)
  assert.equal(
    inputsOf(await eventsOf(different)).flatMap(({ models }) => models.map(({ name }) => name)),
    ['nets/net.first', 'nets/net.second'],
  )
  await different.close()
})

test('inputs that come one by one are held against those of their family that came before', async () => {
  async function* coming(): AsyncGenerator<LazyInput> {
    yield inFamily('net.first', net(1))
    yield inFamily('net.other', net(2))
    yield inFamily('net.second', net(1))
    yield inFamily('net.second', net(1), 'g')
  }
  const driver = new InputDriver(coming(), all)
  const events: Awaited<ReturnType<typeof eventsOf>> = []
  for await (const event of driver.events()) {
    events.push(event)
    if (event.kind === 'input') await event.input.close()
  }
  assert.equal(
    inputsOf(events).map(({ input }) => input.path),
    ['net.first', 'net.other', 'net.second'],
  )
  assert.equal(
    events.flatMap((event) => (event.kind === 'warning' ? [event.text] : [])),
    ['net.second holds the same filters as net.first: one network in two files, counted once'],
  )
  await driver.close()
})

test('in a zip too, a network in two formats is handed on once, and variants are named', async () => {
  const bytes = net(1)
  const zip = zipSync({
    'n/net.safetensors': bytes,
    'n/net.fp16.safetensors': bytes,
    'n/net_torch.safetensors': bytes,
    'm/net.safetensors': bytes,
  })
  const driver = new InputDriver([memoryInput('all.zip', zip)], all)
  const events = await eventsOf(driver)
  assert.is(inputsOf(events)[0]!.models.length, 2)
  assert.equal(
    events.flatMap((event) => (event.kind === 'warning' ? [event.text] : [])),
    [
      'all.zip/n/net.fp16.safetensors is a variant of net.safetensors, by name, and left out; name the file itself to measure it',
      'all.zip/n/net_torch.safetensors holds the same filters as all.zip/n/net.safetensors: one network in two files, counted once',
    ],
  )
  await driver.close()
})

/** A convolution as a NumPy array alone. */
function npyOf({ shape, values }: Tensor): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117) + '\n'
  const start = new Uint8Array([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 255, header.length >> 8])
  return new Uint8Array([...start, ...new TextEncoder().encode(header), ...new Uint8Array(values.buffer)])
}

test.run()
