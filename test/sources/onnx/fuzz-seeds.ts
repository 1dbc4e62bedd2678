import { attribute, domain, FLOAT, FLOAT16, graph, INT8, localFunction, model, node, raw, tensor, weight } from './model.ts'
import { bytes, concat, floats, message, number, packed, string } from './protobuf.ts'

interface Seed {
  readonly path: string
  readonly bytes: Uint8Array
  readonly beside?: Readonly<Record<string, Uint8Array>>
}

const SHAPE = [2, 1, 3, 3]
const COUNT = 18
const scalar = (name: string, value: number) => tensor(name, [], FLOAT, raw(Float32Array.of(value)))
const list = (name: string, ...of: number[]) => tensor(name, [of.length], FLOAT, raw(Float32Array.from(of)))
const int64 = (name: string, of: readonly number[]) => tensor(name, [of.length], 7, packed(7, of))
const int8 = (name: string, shape: readonly number[]) =>
  tensor(name, shape, INT8, raw(new Int8Array(shape.reduce((a, b) => a * b, 1)).fill(5)))

/** Models from which mutated ones are made: one for every way in which a weight reaches a convolution. */
export function fuzzSeeds(): Seed[] {
  const branch = (name: string) =>
    graph({ inputs: [], nodes: [node('Conv', ['r', name], ['o'])], initializers: [weight(name, SHAPE)] })
  const outside = concat([
    ...SHAPE.map((size) => number(1, size)),
    number(2, FLOAT),
    string(8, 'w'),
    ...Object.entries({ location: 'net.data', offset: '8', length: '72' }).map(([key, value]) =>
      message(13, [string(1, key), string(2, value)]),
    ),
    number(14, 1),
  ])
  const models: Record<string, Uint8Array> = {
    stored: model({
      nodes: [
        node('Conv', ['x', 'a'], ['p'], attribute.ints('pads', [1, 1, 1, 1])),
        node('Conv', ['p', 'b', 'c'], ['q'], attribute.int('group', 2)),
        node('Conv', ['q', 'd'], ['y']),
      ],
      initializers: [
        tensor('a', SHAPE, FLOAT, floats(4, new Array(COUNT).fill(1))),
        tensor('b', SHAPE, FLOAT16, packed(5, new Array(COUNT).fill(0x3c00))),
        list('c', 1, 2),
        tensor('d', SHAPE, FLOAT, ...Array.from({ length: COUNT }, (_, k) => floats(4, [k]))),
      ],
    }),
    through: model({
      nodes: [
        node('Constant', [], ['k'], attribute.tensor('value', tensor('', [9, 2], FLOAT, raw(new Float32Array(COUNT))))),
        node('Transpose', ['k'], ['t'], attribute.ints('perm', [1, 0])),
        node('Identity', ['v'], ['i']),
        node('Reshape', ['i', 's'], ['w']),
        node('Unsqueeze', ['t', 'e'], ['u']),
        node('Cast', ['u'], ['z'], attribute.int('to', 11)),
        node('Conv', ['x', 'w'], ['y']),
        node('Conv', ['y', 'z'], ['o']),
      ],
      initializers: [weight('v', [COUNT]), int64('s', [0, 1, 3, -1]), int64('e', [1, 3])],
    }),
    quantised: model({
      nodes: [
        node('DequantizeLinear', ['a', 's', 'm'], ['w'], attribute.int('axis', 0)),
        node('Conv', ['x', 'w'], ['p']),
        node('QuantizeLinear', ['f', 'one', 'z'], ['g']),
        node('DequantizeLinear', ['g', 'one', 'z'], ['h']),
        node('Conv', ['p', 'h'], ['q']),
        node('QLinearConv', ['q', 'one', 'z', 'a', 's', 'm', 'one', 'z'], ['r']),
        node('ConvInteger', ['r', 'a', 'z', 'm'], ['y']),
      ],
      initializers: [
        int8('a', SHAPE),
        list('s', 0.5, 0.25),
        int8('m', [2]),
        weight('f', SHAPE),
        scalar('one', 0.1),
        int8('z', []),
      ],
    }),
    nested: model({
      nodes: [
        node('Relu', ['x'], ['r']),
        node('If', ['r'], ['t'], attribute.graph('then_branch', branch('v')), attribute.graph('else_branch', branch('u'))),
        node('ConvTranspose', ['t', 'w'], ['y']),
      ],
      initializers: [weight('w', SHAPE)],
      rest: [message(15, [bytes(1, tensor('sparse', [1], FLOAT)), packed(3, SHAPE)])],
    }),
    functions: model(
      {
        nodes: [
          node('f', ['x', 'w'], ['y'], domain('local'), attribute.int('n', 2)),
          node('f', ['y', 'w'], ['z'], domain('local')),
        ],
        initializers: [weight('w', SHAPE)],
      },
      localFunction(
        'f',
        ['a', 'b'],
        ['c'],
        [node('Conv', ['a', 'b'], ['d'], attribute.reference('group', 'n')), node('g', ['d'], ['c'], domain('local'))],
      ),
      localFunction('g', ['a'], ['b'], [node('Relu', ['a'], ['b'])]),
    ),
  }
  return [
    ...Object.entries(models).map(([name, content]) => ({ path: `${name}.onnx`, bytes: content })),
    {
      path: 'external.onnx',
      bytes: model({ nodes: [node('Conv', ['x', 'w'], ['y'])], initializers: [outside] }),
      beside: { 'net.data': new Uint8Array(80) },
    },
  ]
}
