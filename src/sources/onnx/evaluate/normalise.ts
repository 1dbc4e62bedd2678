import { ComputeProblem, isComputedFloat } from './dense.ts'
import { add, divide, exponential, mapped, multiply, squareRoot, subtract } from './elementwise.ts'
import { type Expression, reshaped } from './expression.ts'
import { inputOf, type Operator, type OperatorCall } from './operator.ts'
import { reduced } from './reductions.ts'
import { axisOf } from './walk.ts'

// Weight standardisation is exported as a normalisation of the weight; each is put together from the operators that define it.

function floatsOf(call: OperatorCall): Expression {
  const value = inputOf(call, 0)
  if (!isComputedFloat(value.type) || call.output !== 0)
    throw new ComputeProblem(`computed in the graph by ${call.operator} of ${value.type}, output ${call.output}`)
  return value
}

/** (x - mean) / √(variance + ε) along some axes. */
function standardised(x: Expression, axes: readonly number[], epsilon: number): Expression {
  const centred = subtract(x, reduced(x, 'ReduceMean', axes))
  const variance = reduced(multiply(centred, centred), 'ReduceMean', axes)
  return divide(centred, squareRoot(mapped(variance, (value) => value + epsilon)))
}

/** One number per channel, the second axis of a tensor of this rank. */
function perChannel(value: Expression, rank: number): Expression {
  return reshaped(value, [1, value.dims[0] ?? 1, ...new Array<number>(Math.max(rank - 2, 0)).fill(1)])
}

const axesFrom = (first: number, rank: number): number[] => Array.from({ length: Math.max(rank - first, 0) }, (_, k) => first + k)

const batch: Operator = (call) => {
  const x = floatsOf(call)
  const rank = x.dims.length
  const epsilon = call.float('epsilon', 1e-5)
  const channel = (input: number): Expression => perChannel(inputOf(call, input), rank)
  const y =
    call.integer('training_mode', 0) !== 0
      ? standardised(x, [0, ...axesFrom(2, rank)], epsilon)
      : divide(subtract(x, channel(3)), squareRoot(mapped(channel(4), (value) => value + epsilon)))
  return add(multiply(y, channel(1)), channel(2))
}

const instance: Operator = (call) => {
  const x = floatsOf(call)
  const rank = x.dims.length
  const y = standardised(x, axesFrom(2, rank), call.float('epsilon', 1e-5))
  return add(multiply(y, perChannel(inputOf(call, 1), rank)), perChannel(inputOf(call, 2), rank))
}

const layer: Operator = (call) => {
  const x = floatsOf(call)
  const axis = axisOf(call.integer('axis', -1), x.dims.length)
  const y = multiply(standardised(x, axesFrom(axis, x.dims.length), call.float('epsilon', 1e-5)), inputOf(call, 1))
  const bias = call.inputs[2]
  return bias ? add(y, bias) : y
}

const length: Operator = (call) => {
  const x = floatsOf(call)
  const norm = call.integer('p', 2) === 1 ? 'ReduceL1' : 'ReduceL2'
  return divide(x, reduced(x, norm, [call.integer('axis', -1)]))
}

const meanVariance: Operator = (call) => standardised(floatsOf(call), call.integers('axes') ?? [0, 2, 3], 0)

/** Before opset 13 all axes from this one on are one: the last one alone means the same in all. */
const softmax: Operator = (call) => {
  const x = floatsOf(call)
  const rank = x.dims.length
  const axis = axisOf(call.integer('axis', rank === 2 ? 1 : rank), rank)
  if (axis !== rank - 1) throw new ComputeProblem(`computed in the graph by ${call.operator} along axis ${axis} of ${rank}`)
  const powers = mapped(subtract(x, reduced(x, 'ReduceMax', [axis])), exponential)
  return divide(powers, reduced(powers, 'ReduceSum', [axis]))
}

export const standardisers: Readonly<Record<string, Operator>> = {
  BatchNormalization: batch,
  InstanceNormalization: instance,
  LayerNormalization: layer,
  LpNormalization: length,
  MeanVarianceNormalization: meanVariance,
  Softmax: softmax,
}
