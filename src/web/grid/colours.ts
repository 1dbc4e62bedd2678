import type { Theme } from '../state/theme.ts'

type Rgb = readonly [number, number, number]

// Diverging: negative (purple), zero, positive (green), as in the figures. Zero is the paper's own colour in both themes, so
// that a filter without content is no ink; both ends are equally far from it and told apart by the colour-blind.
const diverging: Record<Theme, readonly Rgb[]> = {
  light: [
    [80, 33, 112],
    [150, 110, 178],
    [214, 199, 228],
    [255, 255, 253],
    [190, 224, 196],
    [84, 164, 110],
    [14, 92, 54],
  ],
  dark: [
    [228, 206, 244],
    [160, 116, 192],
    [76, 52, 98],
    [18, 22, 28],
    [30, 74, 48],
    [84, 166, 112],
    [196, 240, 206],
  ],
}

// Sequential, for a filter seen as one pixel: its largest absolute weight as a share of the layer's.
const sequential: Record<Theme, readonly Rgb[]> = {
  light: [
    [247, 247, 245],
    [196, 211, 228],
    [120, 158, 200],
    [49, 99, 158],
    [16, 46, 92],
  ],
  dark: [
    [20, 25, 31],
    [34, 62, 96],
    [58, 112, 170],
    [126, 178, 228],
    [222, 238, 252],
  ],
}

const hatch: Record<Theme, Rgb> = { light: [178, 184, 192], dark: [82, 92, 104] }
const paper: Record<Theme, Rgb> = { light: [255, 255, 253], dark: [18, 22, 28] }

/** Colours as 32-bit pixels (little-endian RGBA, as ImageData has them). */
export interface Palette {
  /** 512 steps from -1 to 1. */
  readonly diverging: Uint32Array
  /** 256 steps from 0 to 1. */
  readonly sequential: Uint32Array
  readonly hatch: number
  readonly paper: number
}

const made = new Map<Theme, Palette>()

export function palette(theme: Theme): Palette {
  let found = made.get(theme)
  if (!found) {
    found = {
      diverging: ramp(diverging[theme], 512),
      sequential: ramp(sequential[theme], 256),
      hatch: pixel(hatch[theme]),
      paper: pixel(paper[theme]),
    }
    made.set(theme, found)
  }
  return found
}

function pixel([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0
}

function mix(stops: readonly Rgb[], share: number): Rgb {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1)
  const k = Math.min(Math.floor(at), stops.length - 2)
  const [from, to] = [stops[k]!, stops[k + 1]!]
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * (at - k))) as unknown as Rgb
}

function ramp(stops: readonly Rgb[], steps: number): Uint32Array {
  return Uint32Array.from({ length: steps }, (_, i) => pixel(mix(stops, i / (steps - 1))))
}

/** A weight in [-1, 1] as a CSS colour. */
export function weightColour(share: number, theme: Theme): string {
  return `rgb(${mix(diverging[theme], (share + 1) / 2).join(' ')})`
}

/** Dark or light text on a weight's colour. */
export function textOn(share: number, theme: Theme): string {
  const [r, g, b] = mix(diverging[theme], (share + 1) / 2)
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? '#1a222c' : '#ffffff'
}

/** The stops of the sequential scale as CSS colours, for a legend. */
export function normStops(theme: Theme): string[] {
  return sequential[theme].map((c) => `rgb(${c.join(' ')})`)
}

/** The stops of the diverging scale as CSS colours, for a legend. */
export function weightStops(theme: Theme): string[] {
  return diverging[theme].map((c) => `rgb(${c.join(' ')})`)
}
