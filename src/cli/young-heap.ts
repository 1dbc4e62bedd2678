import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the room for new objects as it is. Measuring makes little that lasts, but the engine doubles that room every so often all
 * the same: 20 MB more after ten seconds than after one. The engine forgets it whenever a thread starts: say it again.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** Lets it grow again: for work that makes much at a time. */
export function letYoungHeapGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
}
