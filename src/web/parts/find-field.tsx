import { route, tweak } from '../state/route.ts'

/** A field that finds what the table or list below it shows; `param` is the address's word for it. */
export function FindField(props: { param: string; placeholder: string; label: string; id?: string; class?: string }) {
  const { param, placeholder, label, id } = props
  return (
    <input
      {...(id && { id })}
      class={props.class ?? 'field'}
      type="search"
      placeholder={placeholder}
      aria-label={label}
      value={route.value.q[param] ?? ''}
      onInput={(event) => tweak({ [param]: event.currentTarget.value })}
    />
  )
}
