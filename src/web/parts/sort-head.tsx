import type { ComponentChildren } from 'preact'
import { route, tweak } from '../state/route.ts'
import { nextOrder } from '../state/sorting.ts'

/** The head of a column that its table can be ordered by; `param` is the address's word for the table's order. */
export function SortHead(props: {
  param: string
  column: string
  /** "number", "phone-hide" … */
  class?: string
  /** The first click puts the largest on top: of numbers of which the largest matter. */
  largestFirst?: boolean
  children: ComponentChildren
}) {
  const { param, column, largestFirst = false, children } = props
  const now = route.value.q[param]
  const order = now === column ? 'ascending' : now === `-${column}` ? 'descending' : 'none'
  return (
    <th scope="col" aria-sort={order} class={props.class ?? ''}>
      <button type="button" onClick={() => tweak({ [param]: nextOrder(now, column, largestFirst) })}>
        {children}
      </button>
    </th>
  )
}
