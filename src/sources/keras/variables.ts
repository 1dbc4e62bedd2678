import { InputError } from '../../errors.ts'
import type { Hdf5Dataset, Hdf5File, Hdf5Group, Hdf5Value } from '../../hdf5/file.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { otherDataset } from '../hdf5-numbers.ts'
import type { HwioTensor } from '../hwio-census.ts'

const MOST_GROUPS = 200_000
const DEEPEST = 64
/** A model's own, or an attribute of a model with several: generator_optimizer. */
const OPTIMISER = /(^|_)optimizers?(_weights|_\d{1,3})?$/
const FLOATS: Readonly<Record<number, StoredType>> = { 2: 'float16', 4: 'float32', 8: 'float64' }

/** A data set of a weights file. */
export interface Variable {
  readonly path: string
  readonly dataset: Hdf5Dataset
}

/** The group at a path; undefined when there is none or it is a data set. */
export async function groupAt(file: Hdf5File, path: string): Promise<Hdf5Group | undefined> {
  const found = await file.describe(path)
  return found?.kind === 'group' ? found : undefined
}

/** A list of strings that Keras may have cut into name0, name1 … because an attribute holds 64 KiB at most. */
export function textList(group: Hdf5Group, name: string): string[] | undefined {
  const whole = group.attributes[name]
  if (whole !== undefined) return strings(whole)
  const parts: string[] = []
  for (let k = 0; group.attributes[`${name}${k}`] !== undefined; k++)
    for (const each of strings(group.attributes[`${name}${k}`]!)) parts.push(each)
  return group.attributes[`${name}0`] === undefined ? undefined : parts
}

function strings(value: Hdf5Value): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** An attribute's text; undefined when it is absent or none. */
export function text(group: Hdf5Group, name: string): string | undefined {
  const value = group.attributes[name]
  if (typeof value === 'string') return value
  return Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : undefined
}

/** A variable as a tensor; only 4-D ones and biases get a plan that can be read. */
export async function tensorOf(
  file: Hdf5File,
  { path, dataset }: Variable,
  more: Omit<HwioTensor, 'shape' | 'stored'>,
): Promise<HwioTensor> {
  const { shape, type } = dataset
  const dtype = type.kind === 'float' ? FLOATS[type.bytes] : isBrainFloat(dataset) ? 'bfloat16' : undefined
  if (dtype === undefined || shape.length > 4 || shape.length === 0)
    return { ...more, shape, stored: otherDataset(file, path, type) }
  if (dataset.virtual) return { ...more, shape, stored: { unsupported: 'a virtual data set, whose values lie in other files' } }
  return { ...more, shape, stored: { access: await file.access(path), offset: 0, dtype } }
}

/** HDF5 has no such type: Keras writes the two bytes of each element as they are, and says what they are beside them. */
function isBrainFloat({ type, attributes }: Hdf5Dataset): boolean {
  return type.kind === 'other' && type.name === 'opaque' && type.bytes === 2 && attributes['dtype'] === 'bfloat16'
}

/** Every group below `path` that has its variables in a member called "vars", with them in their order. */
export async function numberedVariables(
  file: Hdf5File,
  path = '',
): Promise<{ group: string; title?: string; variables: Variable[] }[]> {
  const found: { group: string; title?: string; variables: Variable[] }[] = []
  let seen = 0
  const walk = async (at: string, depth: number): Promise<void> => {
    if (++seen > MOST_GROUPS || depth > DEEPEST) throw new InputError(file.name, 'has more groups than any model; it is damaged')
    const group = await groupAt(file, at || '/')
    if (!group) return
    const variables: Variable[] = []
    const vars = group.keys.includes('vars') ? await groupAt(file, `${at}/vars`) : undefined
    for (const key of [...(vars?.keys ?? [])].sort((a, b) => Number(a) - Number(b))) {
      const dataset = await file.describe(`${at}/vars/${key}`)
      if (dataset?.kind === 'dataset') variables.push({ path: `${at}/vars/${key}`, dataset })
    }
    const title = text(group, 'name') ?? (vars && text(vars, 'name'))
    if (variables.length > 0) found.push({ group: at.slice(1), ...(title !== undefined && { title }), variables })
    for (const key of group.keys) {
      // What the optimizer remembers has the shape of the weights and is none.
      if (key === 'vars' || OPTIMISER.test(key) || (at === path && /^(metrics|loss_tracker)$/.test(key))) continue
      await walk(`${at}/${key}`, depth + 1)
    }
  }
  await walk(path, 0)
  return found
}
