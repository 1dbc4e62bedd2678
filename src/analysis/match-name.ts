/** Extensions that a table may carry in a model's name although the model goes by its stem. */
const extension = /\.(onnx|pt|pth|ckpt|bin|safetensors|h5|hdf5|keras|json|npz|npy|arrow|tflite|pb)$/i

/**
 * Finds models by the names that tables use: exactly; else without a model file's extension; else whatever the case, where
 * only one model then fits. Undefined when none does.
 */
export function matchName(models: readonly string[]): (name: string) => string | undefined {
  const exact = new Set(models)
  const folded = new Map<string, string | null>()
  for (const model of exact) {
    const key = fold(model)
    folded.set(key, folded.has(key) ? null : model)
  }
  return (name) => {
    if (exact.has(name)) return name
    const stem = name.replace(extension, '')
    if (exact.has(stem)) return stem
    return folded.get(fold(name)) ?? undefined
  }
}

const fold = (name: string): string => name.replace(extension, '').toLowerCase()

/** The candidate nearest to a name that fits none, for a question in an error; undefined when nothing is near (a third of its letters). */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.floor(name.length / 3) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const distance = edits(fold(name), fold(candidate))
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Insertions, deletions, replacements, and neighbours that are exchanged. */
function edits(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isExchanged) next[j] = Math.min(next[j]!, before[j - 2]! + 1)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
