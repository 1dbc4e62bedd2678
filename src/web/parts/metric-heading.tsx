import type { ShownMetric } from './metrics.ts'

/** A metric's name at the head of a column, shorter on a phone. */
export function MetricHeading({ metric, name = metric.short }: { metric: ShownMetric; name?: string }) {
  if (name === metric.shortest) return <>{name}</>
  return (
    <>
      <span class="phone-hide">{name}</span>
      <abbr class="phone-only" title={metric.title}>
        {metric.shortest}
      </abbr>
    </>
  )
}
