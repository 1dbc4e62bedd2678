/** A layer of a model by its own name, and by the one it is shown with. */
export interface CalledLayer {
  readonly model: string
  readonly layer: string
  readonly name: string
}

/**
 * True for a layer whose name (its own, or the one it is shown with), or "model/layer", fits a pattern: `*` stands for any characters (slashes too, for names of ONNX have
 * them), `?` for one.
 */
export function fitsPattern(pattern: string, { model, layer, name }: CalledLayer): boolean {
  return [layer, name].some((one) => fits(pattern, one) || fits(pattern, `${model}/${one}`))
}

/** Greedy with one point to go back to: linear in the pattern for each character of the name. */
function fits(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let from = 0
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++
      from = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++from
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
