/** Links to the layers before and after one; a side without a layer keeps its place. */
export function Neighbours({ before, after }: { before: string | undefined; after: string | undefined }) {
  const link = (href: string | undefined, label: string) =>
    href === undefined ? (
      <button type="button" class="button tight" disabled>
        {label}
      </button>
    ) : (
      <a class="button tight" href={href}>
        {label}
      </a>
    )
  return (
    <nav class="row" style={{ flexWrap: 'nowrap' }} aria-label="Neighbouring layers">
      {link(before, 'Previous')}
      {link(after, 'Next')}
    </nav>
  )
}
