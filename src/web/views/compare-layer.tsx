import { useEffect, useMemo, useState } from 'preact/hooks'
import { bootstrapDefaults } from '../../analysis/bootstrap.ts'
import { chanceDraws } from '../../analysis/exchange.ts'
import type { Chance } from '../../analysis/report-types.ts'
import { chanceText, excessText, isBeyondChance } from '../../figures/chance-words.ts'
import type { CoefficientPass } from '../../measure/coefficients.ts'
import { sidesOf } from '../../measure/kernel-size.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { scaleOf } from '../../shift/level.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../../shift/principal-components.ts'
import { halvesChance } from '../../shift/random-halves.ts'
import { densities, distributionShift } from '../../shift/shift.ts'
import { sharedInstance } from '../../wasm/module.ts'
import { mergeMoments } from '../../wasm/moments.ts'
import { count, fixed, weight } from '../../words.ts'
import { BasisTiles } from '../parts/basis-tiles.tsx'
import { CoefficientCharts } from '../parts/coefficient-charts.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { BackIcon } from '../parts/icons.tsx'
import { shownMetrics } from '../parts/metrics.ts'
import { Neighbours } from '../parts/neighbours.tsx'
import { useLayerDetail } from '../state/layer-detail.ts'
import { calledIn } from '../state/layer-names.ts'
import { filesOf, type Loaded } from '../state/models.ts'
import { formatRoute, route } from '../state/route.ts'
import { basisOf, placeOf, viewing } from '../state/work.ts'
import { ChoicesOf, LayerGrid } from './layer-grid.tsx'

/** One layer of each model: facts, bases, and the coefficients of both in their common basis. */
export function LayerPair({
  first,
  second,
  row,
  other,
}: {
  first: Loaded
  second: Loaded
  row: LayerRow
  other: LayerRow | undefined
}) {
  const k = first.layers.indexOf(row)
  const name = calledIn(first.layers)(row)
  const beside = other && calledIn(second.layers)(other)
  const address = (to: LayerRow | undefined) =>
    to && formatRoute({ page: 'compare', a: first.name, b: second.name, layer: to.layer_id, q: route.value.q })
  return (
    <section class="pane third shown" aria-label={`Layer ${name} of both`}>
      <div class="inner">
        <a class="button plain back" href={formatRoute({ page: 'compare', a: first.name, b: second.name, q: {} })}>
          <BackIcon /> All layers
        </a>
        <div class="row apart" style={{ flexWrap: 'nowrap', alignItems: 'start' }}>
          <div>
            <h2 class="name">{name}</h2>
            <p class="muted small">
              {row.out_channels} × {row.in_channels} × {row.kernel.replace('x', ' × ')} · {count(row.filters)} filters
              {beside && beside !== name ? ` · beside ${beside}` : ''}
            </p>
          </div>
          <Neighbours before={address(first.layers[k - 1])} after={address(first.layers[k + 1])} />
        </div>
        {other ? (
          <>
            <PairFacts row={row} other={other} />
            <PairGrids key={`${row.layer_id} ${other.layer_id}`} {...{ first, second, row, other }} />
            <Bases first={first} second={second} row={row} other={other} />
            <SharedCoefficients key={`${row.layer_id}`} {...{ first, second, row, other }} />
          </>
        ) : (
          <p class="note quiet" style={{ marginTop: '16px' }}>
            {second.name} has no layer that belongs to this one.
          </p>
        )}
      </div>
    </section>
  )
}

interface Pair {
  readonly first: Loaded
  readonly second: Loaded
  readonly row: LayerRow
  readonly other: LayerRow
}

/** Begins the names of files that are saved. */
const pairName = ({ first, second, row }: Omit<Pair, 'other'>): string =>
  `${first.name}-${second.name}-${calledIn(first.layers)(row)}`

/** The filters of both layers, in the same order and colouring. */
function PairGrids({ first, second, row, other }: Pair) {
  const [placeA, placeB] = [
    useMemo(() => placeOf(first, row), [first, row]),
    useMemo(() => placeOf(second, other), [second, other]),
  ]
  const [detailA, detailB] = [useLayerDetail(placeA), useLayerDetail(placeB)]
  const side = (model: Loaded, of: LayerRow, role: 'a' | 'b') => (
    <div class="stack" style={{ gap: '8px', minWidth: 0 }}>
      <p class="small cut">
        <span class={`swatch ${role}`} />{' '}
        <a
          href={formatRoute({ page: 'model', a: model.name, layer: of.layer_id, q: {} })}
          title={`${calledIn(model.layers)(of)} of ${model.name}`}
        >
          {model.name}
        </a>
      </p>
      <LayerGrid
        row={of}
        place={role === 'a' ? placeA : placeB}
        detail={role === 'a' ? detailA : detailB}
        called={calledIn(model.layers)(of)}
        kept={model.firstFilters.get(of.layer_id)}
      />
    </div>
  )
  return (
    <section class="stack" style={{ gap: '10px' }} aria-label="Filters of both">
      <div class="row apart">
        <h3>Filters</h3>
        {placeA && detailA.state === 'ready' ? (
          <ChoicesOf row={row} place={placeA} detail={detailA.value} />
        ) : (
          placeB && detailB.state === 'ready' && <ChoicesOf row={other} place={placeB} detail={detailB.value} />
        )}
      </div>
      <div class="grid-pair">
        {side(first, row, 'a')}
        {side(second, other, 'b')}
      </div>
    </section>
  )
}

function PairFacts({ row, other }: { row: LayerRow; other: LayerRow }) {
  return (
    <dl class="facts three" style={{ marginTop: '16px' }}>
      {shownMetrics.map((metric) => {
        const [a, b] = [row[metric.key], other[metric.key]]
        return (
          <div key={metric.key}>
            <dt>{metric.title.toLowerCase()}</dt>
            <dd>
              {metric.print(a)} → {metric.print(b)}
            </dd>
            <dt>{a === null || b === null ? 'not compared' : metric.words.difference(b - a)}</dt>
          </div>
        )
      })}
    </dl>
  )
}

function Bases({ first, second, row, other }: Pair) {
  const list = (model: Loaded, of: LayerRow, role: 'a' | 'b') => {
    const basis = basisOf(of)
    const columns = sidesOf(of.kernel)[1]
    return (
      <div>
        <p class="small name" style={{ marginBottom: '6px' }}>
          <span class={`swatch ${role}`} /> {model.name}
        </p>
        {basis ? <BasisTiles basis={basis} columns={columns} /> : <p class="small muted">No basis: {whyNoBasis(of.scaled)}.</p>}
      </div>
    )
  }
  return (
    <Drawing title="Eigenbases" name={pairName({ first, second, row })}>
      <div class="stack">
        {list(first, row, 'a')}
        {list(second, other, 'b')}
      </div>
    </Drawing>
  )
}

interface LayerShift {
  readonly shift: number
  readonly chance: Chance | null
}

type State = 'loading' | { readonly message: string } | { readonly pass: CoefficientPass; readonly shift: LayerShift | null }

/** Coefficients of both layers in the basis of all their filters together, and how far the two distributions lie apart. */
function SharedCoefficients({ first, second, row, other }: Pair) {
  const basis = useMemo((): PrincipalComponents | null => {
    if (row.kernel !== other.kernel) return null
    const together = mergeMoments([row.scaled, other.scaled])
    return whyNoBasis(together) === null ? principalComponents(together) : null
  }, [row, other])
  const [state, setState] = useState<State>('loading')
  const files = useMemo(() => filesOf([first, second]), [first, second])
  useEffect(() => {
    if (!basis || !files) return
    const abort = new AbortController()
    setState('loading')
    viewing(
      'coefficients',
      { run: { parameters: first.parameters, layers: [row, other] }, files, basis },
      { signal: abort.signal },
    ).then(
      (pass) => setState({ pass, shift: shiftOf(pass, basis) }),
      (error) => {
        if (error.name !== 'AbortError') setState({ message: error.message })
      },
    )
    return () => abort.abort()
  }, [basis, files, first, row, other])
  if (!basis || !files) return null
  return (
    <Drawing
      title="Coefficients"
      name={pairName({ first, second, row })}
      about={
        typeof state === 'object' &&
        'pass' in state && (
          <>
            In the basis of both layers' filters together, on one scale from {weight(state.pass.range[0])} to{' '}
            {weight(state.pass.range[1])}.{state.shift !== null && <Shift {...state.shift} />}
          </>
        )
      }
    >
      {state === 'loading' ? (
        <p class="muted small" role="status">
          Reading both layers …
        </p>
      ) : 'message' in state ? (
        <p class="note small">{state.message}</p>
      ) : (
        <CoefficientCharts
          sets={state.pass.layers.map(({ counts }, k) => ({ role: k === 0 ? ('a' as const) : ('b' as const), counts }))}
          low={state.pass.range[0]}
          high={state.pass.range[1]}
          ratios={basis.explainedVarianceRatio}
        />
      )}
    </Drawing>
  )
}

function Shift({ shift, chance }: LayerShift) {
  return (
    <>
      {' '}
      Distribution shift <strong>{fixed(shift)}</strong>
      {chance
        ? ` (${chanceText(chance)} for filters dealt out at random; ${
            isBeyondChance(chance) ? `${excessText(chance)} beyond chance` : 'not shown to be beyond chance'
          })`
        : ''}
      .
    </>
  )
}

/** The shift of two layers, and what chance gives when the filters of both are dealt out anew. */
function shiftOf({ range, layers }: CoefficientPass, basis: PrincipalComponents): LayerShift | null {
  const draw = sharedInstance()
  const [a, b] = layers.map((layer) => densities(layer, range, draw.math))
  if (!a || !b) return null
  const { shift } = distributionShift(a, b, basis.explainedVarianceRatio)
  const scale = scaleOf(basis.explainedVarianceRatio, range)
  const dealt = { seed: bootstrapDefaults.seed, draws: chanceDraws }
  const raw = halvesChance(shift, layers[0]!.counts, layers[1]!.counts, scale, draw, dealt)
  return { shift, chance: raw && { ...raw, p_holm: null, family: 0 } }
}
