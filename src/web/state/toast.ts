import { signal } from '@preact/signals'

/** A sentence shown for some seconds in a corner, and announced by screen readers. */
export const toast = signal<string | null>(null)

let timer: ReturnType<typeof setTimeout> | undefined

export function showToast(text: string): void {
  toast.value = text
  clearTimeout(timer)
  timer = setTimeout(() => (toast.value = null), 8000)
}
