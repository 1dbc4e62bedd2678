import { coefficientBins } from '../../analysis/coefficients.ts'
import { percent } from '../../words.ts'
import { HistogramChart } from './histogram.tsx'

const MOST = 9

/** Histograms of the coefficients along each component, of one layer or of two, over one range. */
export function CoefficientCharts(props: {
  /** Counts, components × coefficientBins. */
  sets: readonly { readonly role: 'a' | 'b'; readonly counts: Float64Array }[]
  low: number
  high: number
  /** Share of the variance along each component. */
  ratios: Float64Array
}) {
  const { sets, low, high, ratios } = props
  return (
    <div class="histograms">
      {Array.from({ length: Math.min(ratios.length, MOST) }, (_, k) => (
        <HistogramChart
          key={`component ${k + 1}`}
          sets={sets.map(({ role, counts }) => ({
            role,
            counts: counts.subarray(k * coefficientBins, (k + 1) * coefficientBins),
          }))}
          low={low}
          high={high}
          number={k + 1}
          share={percent(ratios[k]!)}
        />
      ))}
    </div>
  )
}
