import { inter400, inter600 } from './inter.generated.ts'

/** Inter in both weights as rules of a style sheet, the fonts in them. */
export const fontRules: readonly string[] = (
  [
    [400, inter400],
    [600, inter600],
  ] as const
).map(
  ([weight, font]) =>
    `@font-face{font-family:Inter;font-style:normal;font-weight:${weight};src:url(data:font/woff2;base64,${font}) format("woff2")}`,
)
