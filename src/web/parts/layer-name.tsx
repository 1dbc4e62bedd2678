/** A name that breaks after a dot, a line or a stroke where it has to. */
export function BreakableName({ text }: { text: string }) {
  return (
    <>
      {text.split(/(?<=[._/])/).map((part, k) => (
        <>
          {k > 0 && <wbr />}
          {part}
        </>
      ))}
    </>
  )
}

/** A name that is cut at its beginning where there is no room: layers of a block differ at the end. */
export function CutName({ text }: { text: string }) {
  return (
    <span class="cut head">
      <bdi>{text}</bdi>
    </span>
  )
}
