let shown = false

/** Whether a progress bar is the last line of the terminal. */
export function setBarLine(isShown: boolean): void {
  shown = isShown
}

/** Takes the bar's line for what is to be said; the bar is drawn anew below it. */
export function clearBarLine(): void {
  if (shown) process.stderr.write('\r\u001b[K')
}
