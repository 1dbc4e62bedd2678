import { edgeNumbers } from './random.mjs'

const ODD = [null, true, '', 'x', '../x', '__proto__', 0.5, 1e300, -0, [], {}, [[]], [1e9, 1e9, 1e9, 1e9], [3, 3, 0, 1]]

/** Changes some values, keys and list entries anywhere in a JSON value; `own` are values that the format knows. */
export function changedJson(value, random, own = []) {
  const copy = structuredClone(value)
  for (let k = 1 + random.below(random.pick([1, 2, 6])); k > 0; k--) change(copy, random, own)
  return copy
}

function change(root, random, own) {
  const holders = []
  const collect = (node) => {
    if (typeof node !== 'object' || node === null) return
    if (Object.keys(node).length > 0) holders.push(node)
    for (const inner of Object.values(node)) collect(inner)
  }
  collect(root)
  if (holders.length === 0) return
  const holder = random.pick(holders)
  const key = random.pick(Object.keys(holder))
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete holder[key]
      return
    case 1:
      if (Array.isArray(holder)) holder.push(structuredClone(random.pick(holder)))
      else holder[`${key}2`] = holder[key]
      return
    case 2: {
      const other = random.pick(holders)
      holder[key] = structuredClone(other[random.pick(Object.keys(other))])
      return
    }
    case 3:
    case 4:
      if (typeof holder[key] === 'number') holder[key] *= random.pick([-1, 2, 3, 1000, 1e9])
      else holder[key] = structuredClone(random.pick(own.length > 0 ? own : ODD))
      return
    case 5:
      holder[key] = random.pick(edgeNumbers)
      return
    default:
      holder[key] = structuredClone(random.pick(ODD))
  }
}
