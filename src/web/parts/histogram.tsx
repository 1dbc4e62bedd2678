/** A set of counts drawn as steps, each set scaled to its own total. */
export interface HistogramSet {
  readonly role: 'a' | 'b'
  readonly counts: ArrayLike<number>
}

const [WIDTH, HEIGHT] = [140, 56]

/** Histograms over one range [low, high], one filled, two as translucent outlines. */
export function HistogramChart({
  sets,
  low,
  high,
  label,
}: {
  sets: readonly HistogramSet[]
  low: number
  high: number
  label: string
}) {
  const shares = sets.map(({ counts }) => {
    const list = Array.from(counts)
    const total = list.reduce((sum, value) => sum + value, 0) || 1
    return list.map((value) => value / total)
  })
  const top = Math.max(...shares.flat(), Number.MIN_VALUE)
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * WIDTH : null
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {zero !== null && <line class="zero" x1={zero} x2={zero} y1="0" y2={HEIGHT} />}
      {shares.map((list, k) => (
        <path key={sets[k]!.role} class={`${sets[k]!.role}${sets.length > 1 ? ' outline' : ''}`} d={steps(list, top)} />
      ))}
    </svg>
  )
}

function steps(shares: readonly number[], top: number): string {
  const step = WIDTH / shares.length
  let text = `M0 ${HEIGHT}`
  shares.forEach((share, k) => {
    const y = (HEIGHT - (share / top) * (HEIGHT - 3)).toFixed(1)
    text += `L${(k * step).toFixed(1)} ${y}L${((k + 1) * step).toFixed(1)} ${y}`
  })
  return `${text}L${WIDTH} ${HEIGHT}Z`
}
