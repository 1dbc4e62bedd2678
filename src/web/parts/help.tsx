import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { layerMetrics } from '../../measure/metrics/registry.ts'
import { version } from '../../version.ts'
import { sentence } from '../../words.ts'
import { MOST_KEPT } from '../state/kept.ts'
import { CloseIcon } from './icons.tsx'
import { bytes } from './numbers.ts'

export const helpOpen = signal(false)

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['←', '→'], 'previous and next layer, in a series checkpoint'],
  [['p'], 'play a series'],
  [['/'], 'find: a layer of the model that is shown, else a model (Ctrl+F too)'],
  [['g'], 'go to the filter grid'],
  [['+', '−', '0'], 'in the grid: zoom in, zoom out, show all'],
  [['←', '↑', '→', '↓'], 'in the grid: pick a filter; with Shift: move'],
  [['t'], 'light or dark'],
  [['Esc'], 'close the layer'],
  [['?'], 'show this'],
]

const PAPER = 'https://arxiv.org/abs/2204.02481'
const DATA_SET = 'https://arxiv.org/abs/2203.15331'

/** Keys, what is kept, the metrics' definitions, version and citation. */
export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = helpOpen.value
  useEffect(() => {
    if (open && !dialog.current!.open) {
      dialog.current!.showModal()
      dialog.current!.scrollTop = 0
    }
    if (!open && dialog.current!.open) dialog.current!.close()
  }, [open])
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      {open && <Help />}
    </dialog>
  )
}

/** A sentence's beginning in upper case, unless it is a name of ours. */
const beginning = (text: string): string => (/^\w*_/.test(text) ? text : sentence(text))

/** Words, with what stands between backticks as code. */
function Words({ text }: { text: string }) {
  return <>{text.split('`').map((part, k) => (k % 2 === 1 ? <code key={k}>{part}</code> : part))}</>
}

function Help() {
  return (
    <>
      {/* What can have the focus comes first: where the only link is at the end, a browser opens the dialog there. */}
      <form method="dialog" class="row apart">
        <h2 id="help-title">Help</h2>
        <button type="submit" class="icon" aria-label="Close">
          <CloseIcon />
        </button>
      </form>
      <h2>Keys</h2>
      <dl>
        {keys.map(([names, what]) => (
          <>
            <dt>
              {names.map((name) => (
                <>
                  <kbd>{name}</kbd>{' '}
                </>
              ))}
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <h2>What is kept</h2>
      <p class="small">
        Nothing leaves this computer. What you drop is kept in this browser for this tab, up to {bytes(MOST_KEPT)}, so that a
        reload brings it back; removing a model from the list of models forgets it. Larger files are found again where they lie,
        if the browser can.
      </p>
      <h2>Metrics</h2>
      <p class="small">
        A triangle marks a layer to look at: a metric of it lies beyond a limit, and the sentence beside it says which.
      </p>
      <dl class="definitions small">
        {layerMetrics.map(({ name, label, meaning, formula, range, source }) => (
          <>
            <dt>
              <strong>{sentence(label.long)}</strong>
              <br />
              <code class="muted">{name}</code>
            </dt>
            <dd>
              <Words text={beginning(meaning)} />.{' '}
              <span class="muted">
                Range: <Words text={range.words} />.
              </span>
              <br />
              <Words text={formula} />
              <br />
              <span class="muted">
                From <Words text={source} />.
              </span>
            </dd>
          </>
        ))}
      </dl>
      <h2>filterlens {version}</h2>
      <p class="small">
        If you use it, please cite Paul Gavrikov and Janis Keuper,{' '}
        <a href={PAPER} rel="noreferrer" target="_blank">
          Adversarial Robustness through the Lens of Convolutional Filters
        </a>
        , CVPR Workshops 2022, whose measurements it makes, and quote the results.sha256 of your results. Entropy, its level for
        random filters and the distribution shift come from their{' '}
        <a href={DATA_SET} rel="noreferrer" target="_blank">
          CNN Filter DB: An Empirical Investigation of Trained Convolutional Filters
        </a>
        , CVPR 2022. The same numbers come from the command <code>filterlens</code> and from the library of that name.
      </p>
    </>
  )
}
