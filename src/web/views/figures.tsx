import { FigureCard } from '../parts/figure-card.tsx'
import { figures, figuresProblem } from '../state/figures.ts'
import { ShiftState } from './shift-state.tsx'

/** The report's figures of what is in the page, each to be saved as SVG or PNG. */
export function Figures() {
  const drawn = figures.value
  return (
    <main class="wide stack" style={{ maxWidth: '1080px' }}>
      <h1>Figures</h1>
      <ShiftState />
      {figuresProblem.value && <p class="note">{figuresProblem.value}</p>}
      {drawn === null ? (
        <p class="muted" role="status">
          Drawing …
        </p>
      ) : (
        drawn.map((figure) => <FigureCard key={figure.id} figure={figure} />)
      )}
    </main>
  )
}
