import { useState } from 'preact/hooks'

/** A text to quote, whole, with a button that copies it. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => setDone(false), // a browser may forbid it: the text can be marked and copied by hand
    )
  }
  return (
    <span class="copyable">
      <code>{text}</code>{' '}
      <button type="button" class="button tight" aria-label={`Copy ${label}`} onClick={copy}>
        {done ? 'Copied' : 'Copy'}
      </button>
    </span>
  )
}
