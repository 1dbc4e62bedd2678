import picocolors from 'picocolors'

/** True for a terminal that only prints: it shows colours and moves of the cursor as letters. */
export const isDumb = process.env['TERM'] === 'dumb'

/** Colours on a terminal or when FORCE_COLOR asks for them; never with NO_COLOR, and not in a pipe only because a CI runs it. */
const wanted =
  !process.env['NO_COLOR'] &&
  (process.env['FORCE_COLOR'] ? process.env['FORCE_COLOR'] !== '0' : process.stdout.isTTY === true && !isDumb)

export const pc: ReturnType<typeof picocolors.createColors> = picocolors.createColors(wanted)
