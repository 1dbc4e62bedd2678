/** What a key does to a grid. */
export type KeyAction =
  | { readonly kind: 'pick' | 'pan'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'all' }

const arrows: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Arrow keys pick the next filter, with Shift they pan; + and - zoom, 0 shows all. Undefined for any other key. */
export function keyAction({ key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>): KeyAction | undefined {
  const arrow = Object.hasOwn(arrows, key) ? arrows[key] : undefined
  if (arrow) return { kind: shiftKey ? 'pan' : 'pick', columns: arrow[0], rows: arrow[1] }
  if (key === '+' || key === '=') return { kind: 'zoom', factor: 1.5 }
  if (key === '-') return { kind: 'zoom', factor: 1 / 1.5 }
  return key === '0' ? { kind: 'all' } : undefined
}

/** The place that is picked after a step of `columns` and `rows` from `picked` (-1: none); undefined where there is none. */
export function nextPlace(
  picked: number,
  step: { readonly columns: number; readonly rows: number },
  columns: number,
  filters: number,
): number | undefined {
  const next = picked < 0 ? 0 : picked + step.columns + step.rows * columns
  return next >= 0 && next < filters ? next : undefined
}
