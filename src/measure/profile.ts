/** Conventions of each of the author's three codes (docs/metrics.md, "Profiles"). */
export const profiles = ['cvprw22', 'cvpr22', 'torchconvquality'] as const
export type Profile = (typeof profiles)[number]
