import { beyondUntrained, untrainedText } from '../../analysis/untrained.ts'
import { list, plural } from '../../words.ts'
import { FlagIcon } from '../parts/icons.tsx'
import { shownMetrics } from '../parts/metrics.ts'
import { type FlaggedLayer, flaggedLayers } from '../state/layer-list.ts'
import { calledIn } from '../state/layer-names.ts'
import type { Loaded } from '../state/models.ts'
import { formatRoute, route } from '../state/route.ts'
import { brokenLayers } from '../state/to-look-at.ts'

/** Layers whose sentences stand there without being asked for. */
const FIRST = 3

/** What is wrong with a model, where and why: its flagged layers, those with most flags first, or that there is none. */
export function FlaggedLayers({ model }: { model: Loaded }) {
  const flagged = flaggedLayers(model)
    .filter(({ flags }) => flags.length > 0)
    .sort((x, y) => y.flags.length - x.flags.length)
  const broken = brokenLayers(model)
  const called = calledIn(model.layers)
  if (model.layers.length === 0 && broken.length === 0) return null
  if (flagged.length + broken.length === 0)
    return (
      <p class="small muted">
        No layer is flagged: none lies beyond a limit of {list(shownMetrics.map(({ title }) => title.toLowerCase()))}.
      </p>
    )
  const untrained = untrainedText(model.name, model.layers)
  // A model that looks untrained is said to be so once; its layers are told what else there is.
  const listed =
    untrained === undefined
      ? flagged
      : flagged.map(({ row, flags }) => ({ row, flags: beyondUntrained(flags) })).filter(({ flags }) => flags.length > 0)
  const rest = listed.slice(FIRST)
  return (
    <section class="note flagged" aria-label="Flagged layers">
      <h3>
        <span class="flag mark">
          <FlagIcon />
        </span>{' '}
        {plural(flagged.length + broken.length, 'layer')} of {model.layers.length + broken.length} to look at
      </h3>
      {broken.length > 0 && (
        <ul class="small sentences">
          {broken.map(({ name, reason }) => (
            <li key={name}>
              <strong class="name">{called({ layer: name, node: null })}</strong>: {reason}; the layer is broken and was left out
              of every number here.
            </li>
          ))}
        </ul>
      )}
      {untrained && <p class="small sentences">{untrained}.</p>}
      {listed.length > 0 && <Sentences model={model} layers={listed.slice(0, FIRST)} />}
      {rest.length > 0 && (
        <details>
          <summary class="small">and {plural(rest.length, 'more layer')}</summary>
          <Sentences model={model} layers={rest} />
        </details>
      )}
    </section>
  )
}

function Sentences({ model, layers }: { model: Loaded; layers: readonly FlaggedLayer[] }) {
  const { q } = route.value
  const called = calledIn(model.layers)
  return (
    <ul class="small sentences">
      {layers.map(({ row, flags }) => (
        <li key={row.layer_id}>
          <a class="name" href={formatRoute({ page: 'model', a: model.name, layer: row.layer_id, q })}>
            {called(row)}
          </a>{' '}
          <span class="muted">(depth {row.conv_depth})</span>: {flags.map((flag) => flag.message).join('; ')}.
        </li>
      ))}
    </ul>
  )
}
