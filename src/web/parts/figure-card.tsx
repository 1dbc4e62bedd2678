import { useEffect, useRef } from 'preact/hooks'
import type { Figure } from '../../figures/figure.ts'
import { darkRules } from '../../figures/theme.ts'
import { saveFigurePng, saveFigureSvg } from '../save/save-figure.ts'

/** A figure with its title, its sentence and buttons to keep it. */
export function FigureCard({ figure }: { figure: Figure }) {
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    addDarkRules()
    // The figure is our own text, built and escaped by src/figures; it is parsed, not run.
    const parsed = new DOMParser().parseFromString(figure.svg, 'image/svg+xml').documentElement
    frame.current!.replaceChildren(document.importNode(parsed, true))
  }, [figure])
  return (
    <section class="card stack" aria-label={figure.title}>
      <div class="row apart head-line" style={{ alignItems: 'start' }}>
        <div>
          <h2>{figure.title}</h2>
          <p class="muted">{figure.caption}</p>
        </div>
        <div class="row" style={{ flexWrap: 'nowrap' }}>
          <button
            type="button"
            class="button tight"
            aria-label={`Save ${figure.title} as SVG`}
            onClick={() => saveFigureSvg(figure)}
          >
            SVG
          </button>
          <button
            type="button"
            class="button tight"
            aria-label={`Save ${figure.title} as PNG`}
            onClick={() => saveFigurePng(figure)}
          >
            PNG
          </button>
        </div>
      </div>
      <p class="small muted wide-hint">Wider than the screen: swipe the figure to the side.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls on a phone must be reachable without a finger */}
      {/* biome-ignore lint/a11y/useSemanticElements: the card is the section */}
      <div class="figure-card" role="region" aria-label={`${figure.title}, the figure`} tabIndex={0} ref={frame} />
    </section>
  )
}

let added = false

/** The figures' dark colours, as a style sheet made by script: the page's policy allows no inline styles. */
function addDarkRules(): void {
  if (added) return
  added = true
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(darkRules('[data-theme=dark] '))
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
}
