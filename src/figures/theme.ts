// Every figure is drawn in the light colours below, as plain attributes: so it prints, and any viewer shows it. For the
// dark, a style sheet maps each colour to its counterpart by attribute, so a colour stands for one role and only for it.

interface Role {
  readonly light: string
  readonly dark: string
}

/** What each colour means. `a` (normal) is darker than `b` (robust) in grey, in both themes; neither red nor green carries a meaning. */
const roles = {
  paper: { light: '#fffffd', dark: '#12161c' },
  ink: { light: '#1a222c', dark: '#e7ebf0' },
  muted: { light: '#56616f', dark: '#a3adba' },
  rule: { light: '#b9c1ca', dark: '#4a5563' },
  grid: { light: '#e6e9ed', dark: '#262e38' },
  a: { light: '#1f5fa6', dark: '#5a9fe6' },
  aTint: { light: '#b5cdea', dark: '#234a75' },
  b: { light: '#d9780f', dark: '#ffb35c' },
  bTint: { light: '#fbdcb4', dark: '#75501f' },
  all: { light: '#5d6773', dark: '#b0b9c4' },
  allTint: { light: '#d3d8de', dark: '#3b4652' },
  accent: { light: '#4b3f8f', dark: '#aea3f5' },
  onAccent: { light: '#fffffe', dark: '#12161d' },
  warn: { light: '#a3242b', dark: '#ff8f8a' },
  teal: { light: '#0c7f79', dark: '#4fc4bb' },
  rose: { light: '#a8437c', dark: '#ee92c3' },
  olive: { light: '#6f7a12', dark: '#bcc75a' },
} as const satisfies Record<string, Role>

export type ColourRole = keyof typeof roles

/** The light colour of each role: what figures are drawn with. */
export const colour: Readonly<Record<ColourRole, string>> = Object.fromEntries(
  Object.entries(roles).map(([name, role]) => [name, role.light]),
) as Record<ColourRole, string>

/** Colours for the values of a category, told apart by lightness and symbol too. */
export const categories: readonly ColourRole[] = ['accent', 'teal', 'rose', 'olive', 'all', 'a', 'b']

/** Symbols that go with `categories`, names as Observable Plot has them. */
export const symbols = ['circle', 'diamond2', 'square2', 'triangle2', 'times', 'plus', 'asterisk'] as const

export const figureClass = 'filterlens-figure'

/** Fonts of a figure that stands alone; the report embeds Inter. */
export const fontFamily = "Inter, 'Inter Variable', 'Helvetica Neue', Arial, sans-serif"

/** Rules that turn the figures below `scope` dark: `scope` is a selector prefix such as `[data-theme=dark] `, or empty. */
export function darkRules(scope = ''): string {
  const rules = Object.values(roles).flatMap(({ light, dark }) =>
    ['fill', 'stroke', 'color'].flatMap((property) => {
      const rule = `[${property}="${light}"]{${property}:${dark}}`
      return [`${scope}.${figureClass} ${rule}`, `${scope}.${figureClass}${rule}`]
    }),
  )
  return rules.join('')
}

/** The style of a figure that stands alone: dark where the reader asked for it, never on paper. */
export function standaloneStyle(): string {
  return `@media screen and (prefers-color-scheme:dark){${darkRules()}}`
}

/** The same figure with the dark colours as its attributes: for pictures, which know no style sheet. */
export function darkened(svg: string): string {
  return Object.values(roles).reduce((text, { light, dark }) => text.replaceAll(`="${light}"`, `="${dark}"`), svg)
}
