/** What tells this tab from others, and stays over a reload; undefined where the browser keeps nothing of a session. */
export function tabName(): string | undefined {
  try {
    const kept = sessionStorage.getItem('filterlens-tab')
    if (kept) return kept
    const made = `${Date.now()}-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`
    sessionStorage.setItem('filterlens-tab', made)
    return made
  } catch {
    return undefined
  }
}
