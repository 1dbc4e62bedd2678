// Colours of weights: white at zero, purple below, green above, equally dark at both ends and told apart by the colour-blind.

type Rgb = readonly [number, number, number]

const white: Rgb = [255, 255, 255]
const negative: readonly Rgb[] = [white, [214, 199, 228], [150, 110, 178], [80, 33, 112]]
const positive: readonly Rgb[] = [white, [190, 224, 196], [84, 164, 110], [14, 92, 54]]

/** Steps on each side of zero: a colour is exact to 1/40 of the scale, and a picture has at most 81 of them. */
export const STEPS = 40

/** Step of a value in [-1, 1], from -40 to 40; values beyond are cut. */
export function weightStep(value: number): number {
  return Math.round(Math.max(-1, Math.min(1, value)) * STEPS)
}

/** "#RRGGBB" of a step. */
export function stepColour(step: number): string {
  const stops = step < 0 ? negative : positive
  const at = (Math.abs(step) / STEPS) * (stops.length - 1)
  const index = Math.min(stops.length - 2, Math.floor(at))
  const share = at - index
  return hex(stops[index]!.map((low, i) => low + share * (stops[index + 1]![i]! - low)))
}

/** "#RRGGBB" of three channels in 0 … 255: upper case, so that no picture's colour is taken for one of the theme's. */
export function hex(channels: readonly number[]): string {
  return `#${channels
    .map((c) =>
      Math.round(Math.max(0, Math.min(255, c)))
        .toString(16)
        .padStart(2, '0')
        .toUpperCase(),
    )
    .join('')}`
}
