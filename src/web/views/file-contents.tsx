import { useState } from 'preact/hooks'
import { count, plural } from '../../words.ts'
import { weight } from '../parts/numbers.ts'
import { TableFrame } from '../parts/table-frame.tsx'
import { fileOf, useContents } from '../state/contents.ts'
import type { Loaded } from '../state/models.ts'
import { viewing } from '../state/work.ts'
import type { Contents, TensorStatistics } from '../tasks/protocol.ts'

/** Rows that are shown of each kind: files hold thousands of tensors. */
const MOST = 300

/** All that the model's file holds: convolutions of every kernel with their nodes, and the other tensors. */
export function FileContents({ model }: { model: Loaded }) {
  const contents = useContents(model)
  if (!contents) return null
  const measured = new Map(model.layers.map((row) => [row.layer, row]))
  return (
    <details class="card" open={model.layers.length === 0}>
      <summary>
        Everything in the file: {plural(contents.convolutions.length, 'convolution')},{' '}
        {plural(contents.others.length, 'other tensor')}
      </summary>
      <TableFrame label="Convolutions of the file">
        <table class="compact contents">
          <caption class="unseen">Convolutions of {model.name}, with the nodes that use them</caption>
          <Heads titles={['tensor', 'node in the graph', 'shape', 'type', 'depth', 'weights']} />
          <tbody>
            {contents.convolutions.slice(0, MOST).map((conv, index) => (
              <tr key={`${conv.layer} ${conv.depth}`}>
                <th scope="row" class="name">
                  {conv.layer}
                </th>
                <td class="name">{conv.node ?? '–'}</td>
                <td class="number">
                  {conv.shape.join(' × ')}
                  {conv.groups > 1 ? `, ${conv.groups} groups` : ''}
                </td>
                <td>{conv.dtype}</td>
                <td class="number">{conv.conv_depth}</td>
                <td>{measured.has(conv.layer) ? 'measured' : <Statistics model={model} index={index} layer={conv.layer} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      {contents.others.length > 0 && <Others contents={contents} />}
    </details>
  )
}

function Heads({ titles }: { titles: readonly string[] }) {
  return (
    <thead>
      <tr>
        {titles.map((title) => (
          <th key={title} scope="col">
            <span>{title}</span>
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Others({ contents: { others } }: { contents: Contents }) {
  return (
    <TableFrame label="Other tensors of the file">
      <table class="compact contents">
        <caption class="unseen">Other tensors of the file, and why they are not measured</caption>
        <Heads titles={['tensor', 'kind', 'shape', 'why it is not measured']} />
        <tbody>
          {others.slice(0, MOST).map(({ name, kind, shape, reason }, k) => (
            <tr key={`${k} ${name}`}>
              <th scope="row" class="name">
                {name}
              </th>
              <td>{kind}</td>
              <td class="number">{shape.join(' × ') || 'one number'}</td>
              <td>{reason}</td>
            </tr>
          ))}
          {others.length > MOST && (
            <tr>
              <td colSpan={4} class="muted">
                and {count(others.length - MOST)} more
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </TableFrame>
  )
}

/** What the weights of a convolution that is not measured are like, when it is asked for. */
function Statistics({ model, index, layer }: { model: Loaded; index: number; layer: string }) {
  const [found, setFound] = useState<TensorStatistics | string | null>(null)
  const given = fileOf(model)
  if (found === null)
    return (
      <button
        type="button"
        class="button tight"
        aria-label={`Read the weights of ${layer}`}
        onClick={() =>
          given &&
          viewing('tensor', { ...given, index }).then(setFound, (error: unknown) =>
            setFound(error instanceof Error ? error.message : String(error)),
          )
        }
      >
        Read
      </button>
    )
  if (typeof found === 'string') return <>{found}</>
  const { values, least, most, mean, deviation, zeros } = found
  return (
    <>
      {weight(least)} … {weight(most)}, mean {weight(mean)} ± {weight(deviation)}, {plural(zeros, 'zero')} of {count(values)}
    </>
  )
}
