import { showToast } from '../state/toast.ts'

/** Runs a save; what goes wrong is said. */
export async function saving(work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    showToast(error instanceof Error ? error.message : String(error))
  }
}

/** A name of a model or layer as part of a file's. */
export function asFileName(text: string): string {
  return text
    .split(/[^\w.]/)
    .filter((part) => part !== '')
    .join('-')
}
