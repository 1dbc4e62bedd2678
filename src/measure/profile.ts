/** Conventions of each of the author's three codes (docs/metrics.md, "Profiles"). */
export const profiles = ['cvprw22', 'cvpr22', 'torchconvquality'] as const
export type Profile = (typeof profiles)[number]

/** True where sparse filters stay in bases, coefficients and shifts: CNN-Filter-DB takes all filters, each divided by its largest magnitude. */
export function keepsSparse(profile: Profile): boolean {
  return profile === 'cvpr22'
}
