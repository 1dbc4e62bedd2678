import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** A view whose code is loaded when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined
  return function Lazy(props: Props) {
    const [View, setView] = useState(() => loaded)
    const [problem, setProblem] = useState<string | null>(null)
    useEffect(() => {
      if (View) return
      load().then(
        (found) => {
          loaded = found
          setView(() => found)
        },
        (error) => setProblem(error instanceof Error ? error.message : String(error)),
      )
    }, [View])
    if (problem !== null) return <p class="note">This part of the page could not be loaded: {problem}</p>
    if (!View)
      return (
        <p class="muted small" role="status">
          Loading …
        </p>
      )
    return <View {...props} />
  }
}
