import { plural } from '../../words.ts'
import { Copyable } from '../parts/copy-button.tsx'
import type { MeasuredAgain } from '../state/measured-again.ts'
import type { Loaded } from '../state/models.ts'
import type { HeldResults } from '../tasks/protocol.ts'

/** What is known of results that someone sent: whether they are as they were written, and whether they are true. */
export function HeldResultsNote({ model }: { model: Loaded }) {
  const { held, again } = model
  if (!held) return null
  return (
    <section class={`note ${again && again.differences.length > 0 ? '' : 'quiet'} small results`} aria-label="Results">
      <p>
        <Origin held={held} />{' '}
        {again ? (
          <strong>{verdict(again)}</strong>
        ) : (
          "Not measured again: drop the model's file, and its layers are held against these rows."
        )}
      </p>
      {again && again.differences.length > 0 && (
        <ul class="sentences">
          {again.differences.slice(0, 5).map(({ row, column, stored, recomputed }) => (
            <li key={`${row} ${column}`} class="name">
              {row}, {column}: {stored} in the results, {recomputed} here
            </li>
          ))}
        </ul>
      )}
      <NumberToQuote held={held} />
    </section>
  )
}

/** The same of all results that are shown, for the list of models: each of them once. */
export function HeldResultsNotes({ models }: { models: readonly Loaded[] }) {
  const each = new Set(models.map(({ held }) => held))
  const shown = new Map([...each].flatMap((held) => (held ? [[`${held.name} ${held.resultsSha256}`, held] as const] : [])))
  const unchecked = new Set(models.flatMap(({ held, table }) => (table && !held ? [table.name] : [])))
  const notes = [...unchecked].map((name) => (
    <p key={name} class="note quiet small" role="status">
      From the results <strong class="name">{name}</strong>: their files are being held against their hashes …
    </p>
  ))
  return notes.concat(shownNotes(shown))
}

function shownNotes(shown: ReadonlyMap<string, HeldResults>) {
  return [...shown].map(([key, held]) => (
    <section key={key} class="note quiet small results" aria-label={`Results ${held.name}`}>
      <p>
        <Origin held={held} />
      </p>
      <NumberToQuote held={held} />
    </section>
  ))
}

function Origin({ held }: { held: HeldResults }) {
  return (
    <>
      From the results <strong class="name">{held.name}</strong>.{' '}
      {held.resultsSha256 === null
        ? 'They came without a manifest: nothing says whether these tables are as they were written.'
        : `Unchanged since they were written: ${plural(held.files, 'file')} ${held.files === 1 ? 'has the hash' : 'have the hashes'} of the manifest${
            held.missing.length > 0 ? `; ${plural(held.missing.length, 'other')} did not come with them` : ''
          }.`}
    </>
  )
}

function NumberToQuote({ held }: { held: HeldResults }) {
  if (held.resultsSha256 === null) return null
  return (
    <p>
      results.sha256 <Copyable text={held.resultsSha256} label="results.sha256" />
    </p>
  )
}

function verdict({ layers, differences }: MeasuredAgain): string {
  return differences.length === 0
    ? `Measured again here: ${plural(layers, 'layer')}, equal in every bit.`
    : `Measured again here: ${plural(differences.length, 'number')} of ${plural(layers, 'layer')} differ.`
}
