import type { Analysis, ModelRow } from '../../measure/model-row.ts'

/** The warnings of an analysis that a model should show: those that begin with its name or file, and those that name no model. */
export function warningsOf(
  { model }: Pick<ModelRow, 'model'>,
  { models, warnings }: { readonly models: readonly Pick<ModelRow, 'model' | 'file'>[] } & Pick<Analysis, 'warnings'>,
): string[] {
  return warnings.filter((text) => {
    const named = models.flatMap((row) => {
      const length = Math.max(lengthOfName(text, row.model), lengthOfName(text, row.file))
      return length > 0 ? [{ model: row.model, length }] : []
    })
    // "net 2 looks untrained" begins with "net" as well.
    const longest = Math.max(0, ...named.map(({ length }) => length))
    return named.length === 0 || named.some((one) => one.model === model && one.length === longest)
  })
}

/** Characters of a name that a sentence begins with; 0 when it does not. */
function lengthOfName(text: string, name: string): number {
  return name !== '' && text.startsWith(name) && /^[:,\s]/.test(text.slice(name.length)) ? name.length : 0
}
