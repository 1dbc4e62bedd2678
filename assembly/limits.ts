/** Most taps of a filter: 11×11. All room that a caller keeps for work and results is sized by it. */
export const MOST_TAPS: usize = 121;
