import { count, plural } from '../../words.ts'
import { modelNamed, models } from '../state/models.ts'
import { go, route, tweak } from '../state/route.ts'
import { canBeSeries } from '../state/series.ts'
import { namesOf, TICKED } from '../state/ticked.ts'

/** What can be done with the models that are ticked: two are compared, any number make a group. */
export function Ticked({ chosen }: { chosen: readonly string[] }) {
  const { q } = route.value
  const first = namesOf(q['one'])
  const second = chosen.filter((name) => !first.includes(name))
  if (chosen.length === 0 && first.length === 0) return null
  const asGroups = (one: readonly string[], two: readonly string[]): void =>
    go({ page: 'groups', q: { by: TICKED, one: one.join('\n'), two: two.join('\n') } })
  return (
    <section class="card row ticked" aria-label="Ticked models">
      {first.length > 0 && (
        <span>
          <span class="swatch a" /> First group: {plural(first.length, 'model')}
        </span>
      )}
      <span class="muted">
        {chosen.length > 0 ? `${count(chosen.length)} ticked` : 'Tick the models of the second group, or take all others.'}
      </span>
      <span class="push" />
      {first.length === 0 && chosen.length === 2 && (
        <button type="button" class="button main" onClick={() => go({ page: 'compare', a: chosen[0]!, b: chosen[1]! })}>
          Compare the two
        </button>
      )}
      {first.length === 0 && canBeSeries(chosen.flatMap((name) => modelNamed(name) ?? [])) && (
        <button type="button" class="button" onClick={() => go({ page: 'series', q: { of: chosen.join('\n') } })}>
          As a series
        </button>
      )}
      {first.length === 0 ? (
        <button type="button" class="button" onClick={() => tweak({ one: chosen.join('\n'), pick: '' })}>
          Make them the first group
        </button>
      ) : (
        <>
          {second.length > 0 && (
            <button type="button" class="button main" onClick={() => asGroups(first, second)}>
              Compare with the {count(second.length)} ticked
            </button>
          )}
          {models.value.length > first.length && (
            <button type="button" class="button" onClick={() => asGroups(first, [])}>
              Compare with all others
            </button>
          )}
        </>
      )}
      <button type="button" class="button plain" onClick={() => tweak({ one: '', pick: '' })}>
        Clear
      </button>
    </section>
  )
}
