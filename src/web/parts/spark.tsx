import type { ShownMetric } from './metrics.ts'

/** A small bar from 0 to the metric's largest value, with its number; the tick marks nothing but the full length. */
export function Spark({ metric, value, width = 56 }: { metric: ShownMetric; value: number | null; width?: number }) {
  const share = value === null ? 0 : value / metric.full
  return (
    <span class="spark">
      <Bar share={share} width={width} />
      <span class="value">{metric.print(value)}</span>
    </span>
  )
}

/** `share` of the full length; below 0 there is none, above 1 it is full. */
export function Bar({ share, width }: { share: number; width: number }) {
  const length = Math.min(1, Math.max(0, share)) * width
  return (
    <svg width={width} height="6" viewBox={`0 0 ${width} 6`} preserveAspectRatio="none" aria-hidden="true">
      <rect width={width} height="6" rx="3" fill="var(--line)" />
      <rect width={length} height="6" rx="3" fill="var(--bar)" />
    </svg>
  )
}
