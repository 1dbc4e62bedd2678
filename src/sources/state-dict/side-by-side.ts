/** What goes into a module's first convolution and comes out of its last one; undefined where it has none. */
export interface Ends {
  readonly into: number | undefined
  readonly outOf: number | undefined
}

/** Modules that are numbered together: the members of a list, or `cpe1`, `cpe2` … */
export interface Sequence<Step> {
  /** Where its kind of module stands in a network, as order.ts ranks names. */
  readonly rank: number
  /** Its numbers are counted together with those of others like it, so that they stand in order already. */
  readonly isCounted: boolean
  /** In the order of their numbers. */
  readonly steps: ReadonlyMap<number, Step>
}

/** Behind this rank, which is that of modules of which names say nothing, sequences that take turns must be of one kind. */
const MIDDLE = 2.4
/** Numbers that sequences must share: two pairs of modules are no pattern. */
const FEWEST_SHARED = 3
/** Most sequences that are looked at together. */
const MOST_SEQUENCES = 8
/** What images have at most. */
const IMAGE_CHANNELS = 4

/**
 * Sequences of one network that take turns: `patch_embeds.0`, `blocks.0`, `patch_embeds.1`, `blocks.1` … They have the same numbers, and
 * their modules fit each other number by number, and not one whole sequence behind the other.
 * @returns groups of positions in `sequences`, each in the order in which its members take turns
 */
export function takingTurns<Step extends Ends>(sequences: readonly Sequence<Step>[]): number[][] {
  const groups: number[][] = []
  const used = new Set<number>()
  const tried = sequences.slice(0, MOST_SEQUENCES)
  for (const [a, first] of tried.entries())
    for (const [b, second] of tried.entries()) {
      if (a === b || used.has(a) || used.has(b) || !mayTakeTurns(first, second)) continue
      if (!leads(first) && !leads(second)) continue
      if (!fits(inTurns([first, second])) || fits([...first.steps.values(), ...second.steps.values()])) continue
      const group = [a, b]
      for (const [c, third] of tried.entries())
        if (c !== a && c !== b && !used.has(c) && mayTakeTurns(first, third) && grows(third)) group.push(c)
      for (const k of group) used.add(k)
      groups.push(group)
    }
  return groups
}

/** The modules of sequences by their numbers, those of one number in the order of the sequences. */
export function inTurns<Step>(sequences: readonly Pick<Sequence<Step>, 'steps'>[]): Step[] {
  const numbers = [...new Set(sequences.flatMap(({ steps }) => [...steps.keys()]))].sort((a, b) => a - b)
  return numbers.flatMap((number) =>
    sequences.flatMap(({ steps }) => {
      const step = steps.get(number)
      return step === undefined ? [] : [step]
    }),
  )
}

/** Of one part of the network, with the same numbers (the last one may lack in one), and not two networks that both take the image. */
function mayTakeTurns<Step extends Ends>(a: Sequence<Step>, b: Sequence<Step>): boolean {
  if (a.isCounted && b.isCounted) return false
  if (a.rank !== b.rank && Math.max(a.rank, b.rank) > MIDDLE) return false
  const shared = [...a.steps.keys()].filter((number) => b.steps.has(number)).length
  if (shared < FEWEST_SHARED || Math.max(a.steps.size, b.steps.size) - shared > 1) return false
  const takesImage = ({ steps }: Sequence<Step>): boolean => {
    const into = [...steps.values()][0]?.into
    return into !== undefined && into <= IMAGE_CHANNELS
  }
  return !(takesImage(a) && takesImage(b))
}

/** Each takes what the one before gives, or what that one took: a residual block gives as many channels as it takes. */
function fits(steps: readonly Ends[]): boolean {
  const told = steps.filter(({ into }) => into !== undefined)
  return told.every(({ into }, k) => k === 0 || into === told[k - 1]!.outOf || into === told[k - 1]!.into)
}

/** Each takes what the one before gave: from stage to stage. */
function leads(sequence: Sequence<Ends>): boolean {
  const list = [...sequence.steps.values()]
  return grows(sequence) && list.every(({ into }, k) => k === 0 || into === list[k - 1]!.outOf)
}

function grows({ steps }: Sequence<Ends>): boolean {
  const list = [...steps.values()].flatMap(({ outOf }) => outOf ?? [])
  return list.length > 1 && list.every((outOf, k) => k === 0 || outOf >= list[k - 1]!) && list.at(-1)! > list[0]!
}
