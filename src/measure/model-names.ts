import { modelName } from '../sources/model-name.ts'

/** "runs/a/best.onnx" as its parts, the last without its ending: ["runs", "a", "best"]. */
function partsOf(path: string): string[] {
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.')
  const last = parts.pop() ?? ''
  return [...parts, modelName(last)]
}

/** A path's last part without its ending: "best" of "runs/a/best.onnx". */
export function stemOf(path: string): string {
  return partsOf(path).at(-1) ?? path
}

/**
 * A name for each input: its stem, with as many parent folders before it as tell it from the others ("a/best" and
 * "b/best"); the whole path where folders do not ("best.onnx" and "best.pth"). The order of the paths does not matter.
 */
export function inputNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  let undecided = new Map([...new Set(paths)].map((path) => [path, partsOf(path)]))
  for (let parents = 0; undecided.size > 0; parents++) {
    const byName = new Map<string, string[]>()
    for (const [path, parts] of undecided) {
      const name = parts.slice(-1 - parents).join('/')
      const same = byName.get(name)
      if (same) same.push(path)
      else byName.set(name, [path])
    }
    const clashing = new Map<string, string[]>()
    for (const [name, same] of byName) {
      if (same.length === 1) names.set(same[0]!, name)
      else if (same.every((path) => undecided.get(path)!.length <= parents + 1)) for (const path of same) names.set(path, path)
      else for (const path of same) clashing.set(path, undecided.get(path)!)
    }
    undecided = clashing
  }
  return names
}

/** Gives each model of a run a name of its own, input after input. */
export class ModelNames {
  readonly #used = new Set<string>()
  /** The number to try next, by what stands before it. */
  readonly #next = new Map<string, number>()
  #names: ReadonlyMap<string, string>

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names
  }

  /** Gives a name back, and names what is still to be named by another table: some inputs turned out to be none. */
  give(back: Iterable<string>, names: ReadonlyMap<string, string>): void {
    for (const name of back) this.#used.delete(name)
    this.#names = names
  }

  /**
   * The name of the model that its file calls `own` (the stem, unless the file names its models): the input's name, or
   * for a file that names its models that name, with the input's before it when another model has it already.
   */
  take(path: string, own: string): string {
    const input = this.#names.get(path) ?? stemOf(path)
    const wishes = own === stemOf(path) ? [input, path] : [own, `${input}/${own}`, `${path}/${own}`]
    let name = wishes.find((wish) => !this.#used.has(wish))
    const last = wishes.at(-1)!
    for (let k = this.#next.get(last) ?? 2; name === undefined; k++) {
      if (!this.#used.has(`${last} (${k})`)) name = `${last} (${k})`
      this.#next.set(last, k + 1)
    }
    this.#used.add(name)
    return name
  }
}
