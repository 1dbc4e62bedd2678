/**
 * Arrays that an optimiser or an average keeps beside a variable, as TensorFlow names them: `conv/weights/Adam_1`,
 * `conv/weights/ExponentialMovingAverage` beside `conv/weights`, of the same shape. By name, with the variable's.
 */
export function slotsOf(arrays: readonly { readonly name: string; readonly shape: readonly number[] }[]): Map<string, string> {
  const shapes = new Map(arrays.map(({ name, shape }) => [name.replace(/:0$/, ''), shape.join()]))
  const slots = new Map<string, string>()
  for (const { name, shape } of arrays) {
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      const variable = name.slice(0, slash)
      if (shapes.get(variable) !== shape.join() || shape.length === 0) continue
      slots.set(name, variable)
      break
    }
  }
  return slots
}
