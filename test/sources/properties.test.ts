import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isPlainError } from '../../src/errors.ts'
import { openSource } from '../../src/sources/open.ts'
import { referenceWeights } from './helpers/reference-weights.ts'
import { memoryInput } from './inputs.ts'
import { fuzzSeeds as onnxSeeds } from './onnx/fuzz-seeds.ts'
import { attribute, FLOAT, model, node, raw, tensor } from './onnx/model.ts'
import { fuzzSeeds as safetensorsSeeds } from './safetensors/fuzz-seeds.ts'
import { writeSafetensors } from './safetensors/write.ts'

const settings = { seed: 20221, numRuns: 400 }
const seeds = fc.constantFrom(...onnxSeeds(), ...safetensorsSeeds())

/** Opens an input and reads every weight: it works, or it fails with one sentence. @returns whether it opened */
async function opensOrRefuses(path: string, bytes: Uint8Array, beside?: Readonly<Record<string, Uint8Array>>): Promise<boolean> {
  try {
    const source = await openSource(memoryInput(path, bytes, beside))
    for (const { convolutions } of source.models)
      for (const { shape, weights } of convolutions) {
        const values = await referenceWeights(weights, shape)
        assert.is(values.length, shape[0] * shape[1] * shape[2] * shape[3])
      }
    await source.close()
    return true
  } catch (error) {
    if (!isPlainError(error)) throw error
    assert.match(error.message, /^[^\n]{10,1500}$/)
    return false
  }
}

test('a file cut anywhere is refused with a sentence', async () => {
  await fc.assert(
    fc.asyncProperty(
      seeds,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async ({ path, bytes, beside }, share) => {
        const cut = Math.floor(share * bytes.length)
        const opened = await opensOrRefuses(path, bytes.slice(0, cut), beside)
        // An ONNX file may end between two parts of the model: what follows the graph is not needed.
        if (opened)
          assert.ok(
            path.endsWith('.onnx') && cut > bytes.length - 700,
            `${path} opened although it was cut at ${cut} of ${bytes.length}`,
          )
      },
    ),
    settings,
  )
})

test('bytes changed anywhere never break a reader', async () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(seeds, changes, async ({ path, bytes, beside }, list) => {
      const changed = Uint8Array.from(bytes)
      for (const [at, value] of list) changed[at % changed.length] = value
      await opensOrRefuses(path, changed, beside)
    }),
    { ...settings, numRuns: 1500 },
  )
})

test('any bytes at all are refused with a sentence, or opened', async () => {
  const starts = fc.constantFrom([], [8, 8], [8, 7, 0x3a], [0x3a], [16, 0, 0, 0, 0, 0, 0, 0, 0x7b])
  await fc.assert(
    fc.asyncProperty(starts, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
      await opensOrRefuses('any.onnx', Uint8Array.of(...start, ...rest))
    }),
    { ...settings, numRuns: 1500 },
  )
})

const shapes = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
)
const finite = fc.float({ noNaN: true, noDefaultInfinity: true })

/** A shape with a value for each of its elements. */
const tensors = shapes.chain((shape) => {
  const count = shape.reduce((a, b) => a * b, 1)
  return fc.tuple(
    fc.constant(shape),
    fc.array(finite, { minLength: count, maxLength: count }).map((list) => Float32Array.from(list)),
  )
})

test('what is written as ONNX or safetensors is read back, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(tensors, async ([shape, values]) => {
      const asOnnx = model({ nodes: [node('Conv', ['x', 'w'], ['y'])], initializers: [tensor('w', shape, FLOAT, raw(values))] })
      // Without its format a lone tensor of 3×3×1×2 may have its axes in either order.
      const asSafetensors = writeSafetensors(
        { 'w.weight': { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) } },
        { format: 'pt' },
      )
      for (const bytes of [asOnnx, asSafetensors]) {
        const [convolution] = (await openSource(memoryInput('net', bytes))).models[0]!.convolutions
        assert.equal(convolution!.shape, shape)
        assert.equal(new Uint8Array((await referenceWeights(convolution!.weights, shape)).buffer), new Uint8Array(values.buffer))
      }
    }),
    settings,
  )
})

test('a weight stored in any order of its axes and turned back by Transpose is the weight', async () => {
  const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(tensors, orders, async ([shape, values], order) => {
      // Stored axis k is axis order[k] of the weight; Transpose's perm says the opposite.
      const perm = [0, 1, 2, 3].map((axis) => order.indexOf(axis))
      const steps = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1]
      const stored = order.map((axis) => shape[axis]!)
      const turned = Float32Array.from({ length: values.length }, (_, k) => {
        let rest = k
        let at = 0
        for (let axis = 3; axis >= 0; axis--) {
          at += (rest % stored[axis]!) * steps[order[axis]!]!
          rest = Math.floor(rest / stored[axis]!)
        }
        return values[at]!
      })
      const bytes = model({
        nodes: [node('Transpose', ['v'], ['w'], attribute.ints('perm', perm)), node('Conv', ['x', 'w'], ['y'])],
        initializers: [tensor('v', stored, FLOAT, raw(turned))],
      })
      const [convolution] = (await openSource(memoryInput('net', bytes))).models[0]!.convolutions
      assert.equal(convolution!.shape, shape)
      assert.equal(await referenceWeights(convolution!.weights, shape), values)
    }),
    settings,
  )
})

/** Depths by trying every path, as the definition says it. */
function longestByDefinition(edges: readonly (readonly number[])[]): number[] {
  const depth = new Array<number>(edges.length).fill(-1)
  const visit = (node: number, length: number): void => {
    depth[node] = Math.max(depth[node]!, length)
    for (const [reader, from] of edges.entries()) if (from.includes(node)) visit(reader, length + 1)
  }
  for (const [reader, from] of edges.entries()) if (from.includes(-1)) visit(reader, 0)
  return depth
}

test('depths are the longest paths, whatever the order of the nodes', async () => {
  // Node k reads some of the nodes before it; -1 stands for the model's input.
  const graphs = fc
    .integer({ min: 1, max: 9 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, k) => fc.subarray(Array.from({ length: k + 1 }, (_, i) => i - 1)))),
    )
    .chain((edges) =>
      fc.tuple(fc.constant(edges), fc.shuffledSubarray([...edges.keys()], { minLength: edges.length, maxLength: edges.length })),
    )
  await fc.assert(
    fc.asyncProperty(graphs, async ([edges, order]) => {
      const name = (k: number) => (k < 0 ? 'x' : `v${k}`)
      const initializers = [tensor('w', [1, 1, 3, 3], FLOAT, raw(new Float32Array(9)))]
      const nodes = order.map((k) =>
        node('Conv', [edges[k]!.length > 0 ? name(edges[k]![0]!) : 'w', 'w', ...edges[k]!.slice(1).map(name)], [name(k)]),
      )
      const { convolutions } = (await openSource(memoryInput('net', model({ nodes, initializers })))).models[0]!
      const expected = longestByDefinition(edges)
        .map((depth, k): [string, number] => [`Conv_v${k}`, depth])
        .filter(([, depth]) => depth >= 0)
      assert.equal(convolutions.map((c): [string, number] => [c.node!, c.depth]).sort(), expected.sort())
    }),
    settings,
  )
})

test.run()
