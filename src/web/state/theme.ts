import { effect, signal } from '@preact/signals'

export type Theme = 'light' | 'dark'

const darkSystem = matchMedia('(prefers-color-scheme: dark)')
const kept = (() => {
  try {
    const value = localStorage.getItem('filterlens-theme')
    return value === 'light' || value === 'dark' ? value : null
  } catch {
    return null // storage can be forbidden; the system's choice holds then
  }
})()

const chosen = signal<Theme | null>(kept)
const system = signal<Theme>(darkSystem.matches ? 'dark' : 'light')
darkSystem.addEventListener('change', (event) => {
  system.value = event.matches ? 'dark' : 'light'
})

/** The colours in use: chosen here, or the system's. */
export function theme(): Theme {
  return chosen.value ?? system.value
}

export function toggleTheme(): void {
  chosen.value = theme() === 'dark' ? 'light' : 'dark'
  try {
    localStorage.setItem('filterlens-theme', chosen.value)
  } catch {
    // not kept then
  }
}

effect(() => {
  document.documentElement.dataset['theme'] = theme()
})
