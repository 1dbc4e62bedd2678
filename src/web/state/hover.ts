import { signal } from '@preact/signals'

/** The layer under the pointer, shared by the charts that are aligned on one axis. */
export const hovered = signal<{ readonly model: string; readonly layer: number; readonly x: number; readonly y: number } | null>(
  null,
)
