import { speaksOfCopy } from './copies.ts'
import { isSeries } from './likeness.ts'

/** Words for a network that follows another one through its training, beside those of `copies.ts`. */
const FOLLOWER =
  /(^|[._/])(\w{0,40}[_-])?(t|k|ma|mt|avg|mean|running|smooth(ed)?|exp(onential)?|slow|moving|mom|targ|tgt|tch|old|prev(ious)?|last|delayed|lagged|lagging|offline|stable|back_?up|copy|clone|dup(licate)?|mirror)\d?([_-]\w{0,40})?[._/]?$/i
/** Words for the one that is trained where the other one only follows it. */
const LEADER = /(^|[._/])(\w{0,40}[_-])?(student|stu|online|query|q|fast|raw|live|learner|best)([_-]\w{0,40})?[._/]?$/i
/** ProGAN's Gs, smoothed beside G; generator_smooth; netGema. */
const GLUED = /(^|[._/])(gs|\w{1,40}(ema|avg|swa|smooth|target|teacher|shadow))[._/]?$/i
/** What averages, torch.compile and several devices put behind the word: ema_net.module. */
const WRAPPER = /([./](module|_orig_mod)){1,4}$/
/** A longer word is none that anybody wrote. */
const LONGEST_WORD = 80

/** The last part of a prefix says that it is the copy of the two: an average, a teacher, a target, a lagged one. */
export function isCopyWord(prefix: string): boolean {
  const bare = prefix.replace(/[./_]$/, '').replace(WRAPPER, '')
  const last = bare.slice(Math.max(bare.lastIndexOf('.'), bare.lastIndexOf('/')) + 1)
  return last.length <= LONGEST_WORD && (speaksOfCopy(last) || FOLLOWER.test(last) || GLUED.test(last))
}

/**
 * Whether names say that of two networks with nearly the same values one follows the other. Where they do not, two networks are one only
 * when they are equal: states of one training and branches that were tuned from one network are near each other too.
 */
export function areNamedAsCopies(a: string, b: string): boolean {
  return !isSeries(a, b) && [a, b].some((prefix) => isCopyWord(prefix) || LEADER.test(prefix.slice(-LONGEST_WORD)))
}
