import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { SavePicture } from '../save/save-picture.tsx'

/** A section of a layer that shows a drawing: its title, what it shows in words, and buttons that save it as a picture. */
export function Drawing(props: {
  title: string
  /** Of the layer: begins the file's name. */
  name: string
  about?: ComponentChildren
  children: ComponentChildren
}) {
  const { title, name, about, children } = props
  const drawn = useRef<HTMLDivElement>(null)
  return (
    <section aria-label={title}>
      <div class="row apart head-line">
        <h3>{title}</h3>
        <SavePicture of={drawn} title={title} name={`${name}-${title.toLowerCase()}`} />
      </div>
      {about && <p class="small muted about">{about}</p>}
      <div ref={drawn}>{children}</div>
    </section>
  )
}
