/** Conventions of one of the author's three codes (docs/metrics.md, "Profiles"). */
export type Profile = 'cvprw22' | 'cvpr22' | 'torchconvquality'
