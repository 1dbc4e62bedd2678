/** A few buttons of which one is pressed. */
export function Choice<K extends string>(props: {
  label: string
  value: K
  options: readonly { readonly key: K; readonly title: string; readonly words?: string; readonly disabled?: boolean }[]
  onChoose(key: K): void
}) {
  return (
    <fieldset class="choice" aria-label={props.label} style={{ margin: 0 }}>
      {props.options.map((option) => (
        <button
          key={option.key}
          type="button"
          aria-pressed={option.key === props.value}
          {...(option.words && { title: option.words })}
          disabled={option.disabled ?? false}
          onClick={() => props.onChoose(option.key)}
        >
          {option.title}
        </button>
      ))}
    </fieldset>
  )
}
