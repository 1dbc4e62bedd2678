import { signal } from '@preact/signals'

/** A sentence shown in a corner, and announced by screen readers. */
export interface Toast {
  readonly text: string
  /** To be copied: it stays until it is put away. */
  readonly copy?: string
}

export const toast = signal<Toast | null>(null)

let timer: ReturnType<typeof setTimeout> | undefined

/** Shows a sentence for some seconds; with a text to copy, until it is put away. */
export function showToast(text: string, copy?: string): void {
  toast.value = copy === undefined ? { text } : { text, copy }
  clearTimeout(timer)
  if (copy === undefined) timer = setTimeout(endToast, 8000)
}

export function endToast(): void {
  toast.value = null
}
