/** A place between two layers of a run: before layer `layer` of input `input`, both from 0. Layer 0: before the input. */
export interface RunPosition {
  readonly input: number
  readonly layer: number
}

/** How far from equal a shard may be, as a part of its share, before an input is cut in two: what is small is left whole. */
const TOLERANCE = 0.05

/**
 * Cuts a run into contiguous shards of equal work: between inputs where that comes near enough, else between the layers of one.
 * The same numbers are cut at the same places.
 * @param works of each input in all
 * @param layersOf the work of each layer of an input; what is missing to its work is that of opening it
 * @returns the places between the shards, one fewer than there are shards
 */
export async function cutRun(
  works: readonly number[],
  shards: number,
  layersOf: (input: number) => Promise<readonly number[]>,
): Promise<RunPosition[]> {
  const total = works.reduce((sum, work) => sum + work, 0)
  const share = total / shards
  const cuts: RunPosition[] = []
  let input = 0
  let before = 0 // work of the inputs before it
  for (let k = 1; k < shards; k++) {
    const target = (total * k) / shards
    while (input < works.length && before + works[input]! <= target) before += works[input++]!
    const into = target - before
    const rest = (works[input] ?? 0) - into
    let cut: RunPosition = into <= rest ? { input, layer: 0 } : { input: input + 1, layer: 0 }
    if (input >= works.length) cut = { input: works.length, layer: 0 }
    else if (Math.min(into, rest) > TOLERANCE * share) cut = cutInside(input, works[input]!, await layersOf(input), into)
    const last = cuts.at(-1)
    cuts.push(last && isBefore(cut, last) ? last : cut)
  }
  return cuts
}

/** The place between two layers of an input that is nearest to a share of its work. */
function cutInside(input: number, work: number, layers: readonly number[], into: number): RunPosition {
  let done = work - layers.reduce((sum, layer) => sum + layer, 0)
  let best = { layer: 0, off: into }
  for (const [k, layer] of layers.entries()) {
    done += layer
    const off = Math.abs(done - into)
    if (off < best.off) best = { layer: k + 1, off }
  }
  return best.layer === layers.length ? { input: input + 1, layer: 0 } : { input, layer: best.layer }
}

function isBefore(a: RunPosition, b: RunPosition): boolean {
  return a.input < b.input || (a.input === b.input && a.layer < b.layer)
}
