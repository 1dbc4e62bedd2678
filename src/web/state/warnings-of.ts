import type { Analysis, ModelRow } from '../../measure/model-row.ts'

/**
 * The warnings of an analysis that a model should show, by its name: those that begin with its name or file, and those that name no
 * model. One way through the warnings, however many models there are.
 */
export function warningsByModel({
  models,
  warnings,
}: {
  readonly models: readonly Pick<ModelRow, 'model' | 'file'>[]
} & Pick<Analysis, 'warnings'>): (model: string) => string[] {
  const modelsOf = new Map<string, Set<string>>()
  for (const { model, file } of models)
    for (const name of [model, file]) {
      const own = modelsOf.get(name)
      if (own) own.add(model)
      else modelsOf.set(name, new Set([model]))
    }
  const numbers = new Map<string, number[]>()
  const general: number[] = []
  for (const [k, text] of warnings.entries()) {
    const named = longestName(text, modelsOf)
    if (!named) general.push(k)
    for (const model of named ?? []) {
      const own = numbers.get(model)
      if (own) own.push(k)
      else numbers.set(model, [k])
    }
  }
  return (model) => [...general, ...(numbers.get(model) ?? [])].sort((p, q) => p - q).map((k) => warnings[k]!)
}

/** The models of the longest name that a sentence begins with: "net 2 looks untrained" begins with "net" as well. */
function longestName(text: string, modelsOf: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> | undefined {
  let found: ReadonlySet<string> | undefined
  for (const { index } of text.matchAll(/[:,\s]/g)) {
    const name = text.slice(0, index)
    if (name !== '') found = modelsOf.get(name) ?? found
  }
  return found
}
