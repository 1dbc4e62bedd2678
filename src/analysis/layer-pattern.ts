/**
 * True for a layer whose name, or "model/layer", fits a pattern: `*` stands for any characters (slashes too, for names of ONNX have
 * them), `?` for one.
 */
export function fitsPattern(pattern: string, { model, layer }: { readonly model: string; readonly layer: string }): boolean {
  return fits(pattern, layer) || fits(pattern, `${model}/${layer}`)
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
