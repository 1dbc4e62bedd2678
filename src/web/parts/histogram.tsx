import { useState } from 'preact/hooks'
import { count, weight } from '../../words.ts'

/** Counts in equal bins, drawn as steps, each set scaled to its own total. */
export interface HistogramSet {
  readonly role: 'a' | 'b'
  readonly counts: ArrayLike<number>
}

interface Props {
  readonly sets: readonly HistogramSet[]
  readonly low: number
  readonly high: number
  /** Of the component, from 1. */
  readonly number: number
  /** Of the variance, in words. */
  readonly share: string
}

const [WIDTH, HEIGHT] = [140, 56]

/** Histograms over one range [low, high], one filled, two as translucent outlines; the bin under the pointer is given in numbers. */
export function HistogramChart({ sets, low, high, number, share }: Props) {
  const [bin, setBin] = useState<number | null>(null)
  const shares = sets.map(({ counts }) => {
    const list = Array.from(counts)
    const total = list.reduce((sum, value) => sum + value, 0) || 1
    return list.map((value) => value / total)
  })
  const top = Math.max(...shares.flat(), Number.MIN_VALUE)
  const bins = shares[0]?.length ?? 0
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * WIDTH : null
  const edge = (k: number): string => weight(low + ((high - low) * k) / bins)
  return (
    <figure>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Histogram of the coefficients of component ${number}`}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const at = Math.floor(((event.clientX - box.left) / box.width) * bins)
          setBin(at >= 0 && at < bins ? at : null)
        }}
        onPointerLeave={() => setBin(null)}
      >
        {zero !== null && <line class="zero" x1={zero} x2={zero} y1="0" y2={HEIGHT} />}
        {shares.map((list, k) => (
          <path key={sets[k]!.role} class={`${sets[k]!.role}${sets.length > 1 ? ' outline' : ''}`} d={steps(list, top)} />
        ))}
        {bin !== null && <rect class="bin" x={(bin / bins) * WIDTH} width={Math.max(1, WIDTH / bins)} y="0" height={HEIGHT} />}
      </svg>
      <figcaption class="small muted row apart">
        {bin === null ? (
          <>
            <span>
              <span class="phone-hide">component </span>
              {number}
            </span>
            <span>{share}</span>
          </>
        ) : (
          <>
            <span>
              {edge(bin)} … {edge(bin + 1)}
            </span>
            <span>{sets.map(({ counts }) => count(counts[bin]!)).join(', ')}</span>
          </>
        )}
      </figcaption>
    </figure>
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
