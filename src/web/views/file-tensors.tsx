import { count, weight } from '../../words.ts'
import { BreakableName } from '../parts/layer-name.tsx'
import { TableFrame } from '../parts/table-frame.tsx'
import type { Loaded } from '../state/models.ts'
import { type Known, knownStatistics, reading, readStatistics } from '../state/statistics.ts'
import type { Contents } from '../tasks/protocol.ts'

/** Rows that are shown of each kind: files hold thousands of tensors. */
const MOST = 300
const NUMBERS = ['least', 'most', 'mean', 'deviation', 'zeros'] as const

/** Convolutions of every kernel with their nodes, and the other tensors of a file; their numbers on request. */
export function FileTensors({ model, contents }: { model: Loaded; contents: Contents }) {
  const hasNodes = contents.convolutions.some(({ node }) => node !== null)
  const measured = new Map(model.layers.map((row) => [row.layer, row]))
  return (
    <>
      <ReadAll model={model} contents={contents} isMeasured={(layer) => measured.has(layer)} />
      {contents.convolutions.length > 0 && (
        <TableFrame label="Convolutions of the file">
          <table class="compact contents">
            <caption class="unseen">Convolutions of {model.name}, with the nodes that use them</caption>
            <Heads
              names={hasNodes ? ['tensor', 'node in the graph'] : ['tensor']}
              numbers={['shape']}
              rest={['type']}
              more={['depth', ...NUMBERS]}
            />
            <tbody>
              {contents.convolutions.slice(0, MOST).map((conv, index) => (
                <tr key={`${conv.layer} ${conv.depth}`}>
                  <th scope="row" class="name">
                    <BreakableName text={conv.layer} />
                  </th>
                  {hasNodes && <td class="name">{conv.node === null ? '–' : <BreakableName text={conv.node} />}</td>}
                  <td class="number">
                    {conv.shape.join(' × ')}
                    {conv.groups > 1 ? `, ${conv.groups} groups` : ''}
                  </td>
                  <td>{conv.dtype}</td>
                  <td class="number">{conv.conv_depth}</td>
                  {measured.has(conv.layer) ? (
                    <td colSpan={NUMBERS.length} class="muted">
                      measured
                    </td>
                  ) : (
                    <Numbers model={model} list="convolutions" index={index} name={conv.layer} />
                  )}
                </tr>
              ))}
              <Further count={contents.convolutions.length - MOST} columns={(hasNodes ? 5 : 4) + NUMBERS.length} />
            </tbody>
          </table>
        </TableFrame>
      )}
      {contents.others.length > 0 && <Others model={model} contents={contents} />}
    </>
  )
}

/** Column heads: what is aligned to the left, and numbers. */
function Heads({
  names,
  numbers,
  rest,
  more,
}: {
  names: readonly string[]
  numbers: readonly string[]
  rest: readonly string[]
  more: readonly string[]
}) {
  const heads = [
    ...names.map((title) => ({ title, isNumber: false })),
    ...numbers.map((title) => ({ title, isNumber: true })),
    ...rest.map((title) => ({ title, isNumber: false })),
    ...more.map((title) => ({ title, isNumber: true })),
  ]
  return (
    <thead>
      <tr>
        {heads.map(({ title, isNumber }) => (
          <th key={title} scope="col" class={isNumber ? 'number' : ''}>
            <span>{title}</span>
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Others({ model, contents: { others } }: { model: Loaded; contents: Contents }) {
  return (
    <TableFrame label="Other tensors of the file">
      <table class="compact contents">
        <caption class="unseen">Other tensors of the file, what their numbers are like, and why they are not measured</caption>
        <Heads names={['other tensor']} numbers={['shape']} rest={['type']} more={NUMBERS} />
        <tbody>
          {others.slice(0, MOST).map(({ name, kind, shape, reason, dtype }, index) => (
            <tr key={`${index} ${name}`}>
              <th scope="row" class="name">
                <BreakableName text={name} />
                {reason !== null && (
                  <span class="muted">
                    {' '}
                    {kind}: {reason}
                  </span>
                )}
              </th>
              <td class="number">{shape.join(' × ') || '1'}</td>
              <td>{dtype ?? '–'}</td>
              {dtype === null ? (
                <td colSpan={NUMBERS.length} />
              ) : (
                <Numbers model={model} list="others" index={index} name={name} />
              )}
            </tr>
          ))}
          <Further count={others.length - MOST} columns={3 + NUMBERS.length} />
        </tbody>
      </table>
    </TableFrame>
  )
}

function Further({ count: more, columns }: { count: number; columns: number }) {
  if (more <= 0) return null
  return (
    <tr>
      <td colSpan={columns} class="muted">
        and {count(more)} more
      </td>
    </tr>
  )
}

/** Reads what is listed and not known yet, and can be stopped. */
function ReadAll({
  model,
  contents: { convolutions, others },
  isMeasured,
}: {
  model: Loaded
  contents: Contents
  isMeasured: (layer: string) => boolean
}) {
  const now = reading.value?.model === model.name ? reading.value : null
  const wanted = [
    ...convolutions
      .slice(0, MOST)
      .flatMap(({ layer }, index) => (isMeasured(layer) ? [] : [{ list: 'convolutions' as const, index }])),
    ...others.slice(0, MOST).flatMap(({ dtype }, index) => (dtype === null ? [] : [{ list: 'others' as const, index }])),
  ].filter(({ list, index }) => knownStatistics(model, list, index) === undefined)
  return (
    <div class="row read-all">
      <p class="muted">
        Numbers are in the unit of the file; mean and standard deviation are of those that are finite, zeros are exact ones.
      </p>
      {now ? (
        <>
          <span role="status">
            Reading {count(now.done + 1)} of {count(now.total)}
          </span>
          <button type="button" class="button tight" onClick={now.cancel}>
            Cancel
          </button>
        </>
      ) : (
        wanted.length > 0 && (
          <button type="button" class="button tight" onClick={() => readStatistics(model, wanted)}>
            Read {wanted.length === 1 ? 'the tensor' : `all ${count(wanted.length)}`}
          </button>
        )
      )}
    </div>
  )
}

/** The cells of what a tensor's numbers are like, when it is asked for. */
function Numbers({ model, list, index, name }: { model: Loaded; list: 'convolutions' | 'others'; index: number; name: string }) {
  const found: Known | undefined = knownStatistics(model, list, index)
  if (found === undefined)
    return (
      <td colSpan={NUMBERS.length} class="number">
        <button
          type="button"
          class="button tight"
          aria-label={`Read the numbers of ${name}`}
          onClick={() => readStatistics(model, [{ list, index }])}
        >
          Read
        </button>
      </td>
    )
  if (typeof found === 'string')
    return (
      <td colSpan={NUMBERS.length} class="muted">
        {found}
      </td>
    )
  const { values, least, most, mean, deviation, zeros, non_finite } = found
  return (
    <>
      {[least, most, mean, deviation].map((value, k) => (
        <td key={NUMBERS[k]} class="number">
          {value === null ? '–' : weight(value)}
        </td>
      ))}
      <td class="number">
        {count(zeros)} of {count(values)}
        {non_finite > 0 && <strong class="bad">, {count(non_finite)} NaN or infinite</strong>}
      </td>
    </>
  )
}
