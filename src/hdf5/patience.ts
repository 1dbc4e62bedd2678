/** What the thread does from now on, and for how long it may do so without another word. */
export interface Hdf5Pulse {
  /** It computes; otherwise it waits for a disk. */
  readonly computes: boolean
  readonly milliseconds: number
}

/** Parsing: no structure of a sound file takes this long between two reads. */
export const COMPUTING: Hdf5Pulse = { computes: true, milliseconds: 2000 }
/** One range from a disk: it may have to spin up, or lie behind a network. */
export const READING: Hdf5Pulse = { computes: false, milliseconds: 60_000 }
/** The library itself, before any file. */
const LOADING: Hdf5Pulse = READING

const SLOWEST = 10_000 // bytes a millisecond: decompressing on a slow machine

/** Parsing with so many bytes to be decompressed or copied without another read. */
export function computing(bytes: number): Hdf5Pulse {
  return { computes: true, milliseconds: COMPUTING.milliseconds + bytes / SLOWEST }
}

const TICK = 250
/** Where processor time is unknown, waiting so many times as long stands for it. */
const WALL_SHARE = 5

/**
 * Notices when a thread has gone silent for longer than it may. Time is counted in ticks of this side, so that a machine that slept,
 * or a process that was stopped, has lost none. And as computing only counts what the processor has done (`spent`, milliseconds of
 * the process where the platform knows them): a thread that is starved by others is slow, not hung.
 */
export class Patience {
  readonly #spent: (() => number) | undefined
  readonly #expired: (why: string) => void
  #timer: ReturnType<typeof setInterval> | undefined
  #pulse: Hdf5Pulse = LOADING
  #silent = 0
  #spentAt: number | undefined
  #serving = 0

  constructor(expired: (why: string) => void, spent?: () => number) {
    this.#expired = expired
    this.#spent = spent
  }

  /** A question is under way. */
  start(): void {
    if (this.#timer) return
    this.#silent = 0
    this.#timer = setInterval(() => this.#tick(), TICK)
  }

  /** Nothing is under way. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** The thread lives; undefined: as before. */
  beat(pulse: Hdf5Pulse = this.#pulse): void {
    this.#pulse = pulse
    this.#silent = 0
  }

  /** While `work` runs it is this side that the thread waits for. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#serving++
    try {
      return await work()
    } finally {
      this.#serving--
      this.beat()
    }
  }

  #tick(): void {
    if (this.#serving > 0) return
    if (this.#silent === 0) this.#spentAt = this.#spent?.()
    this.#silent += TICK
    const { computes, milliseconds } = this.#pulse
    const spent = this.#spent === undefined ? this.#silent / WALL_SHARE : this.#spent() - this.#spentAt!
    if (this.#silent < milliseconds || (computes && spent < milliseconds)) return
    this.stop()
    this.#expired(
      `${computes ? 'its structure keeps the HDF5 library going round' : 'its bytes did not come'} for ${Math.round(this.#silent / 1000)} s`,
    )
  }
}
