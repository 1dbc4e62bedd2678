import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { readText } from '../json-file.ts'

const LARGEST = 1 << 24
const MOST_SECTIONS = 100_000

/** A section of a darknet configuration: its kind, and its options as text. */
export interface DarknetSection {
  /** "convolutional" */
  readonly kind: string
  readonly options: ReadonlyMap<string, string>
}

/** The sections of a configuration; the first is the network's own. @throws InputError */
export async function readSections(access: RandomAccess): Promise<DarknetSection[]> {
  if (access.byteLength > LARGEST)
    throw new InputError(access.name, `has ${access.byteLength} bytes of text, more than any darknet configuration`)
  const sections: { kind: string; options: Map<string, string> }[] = []
  for (const raw of (await readText(access)).split(/\r\n|\r|\n/)) {
    const line = raw.replace(/\s|\ufeff/g, '')
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const kind = /^\[(.+)\]$/.exec(line)?.[1]
    if (kind !== undefined) {
      if (sections.push({ kind: kind.toLowerCase(), options: new Map() }) > MOST_SECTIONS)
        throw new InputError(access.name, `has more than ${MOST_SECTIONS} sections; it is damaged`)
      continue
    }
    const at = line.indexOf('=')
    if (at > 0) sections.at(-1)?.options.set(line.slice(0, at), line.slice(at + 1).replace(/[#;][\s\S]*/, ''))
  }
  return sections
}

/** A whole number of a section. @throws InputError when it is none, or not from `least` to 2^31 */
export function option(file: string, section: DarknetSection, name: string, absent: number, least = 0): number {
  const text = section.options.get(name)
  if (text === undefined) return absent
  const value = /^-?\d+(\.0*)?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN
  if (!(value >= least && value < 2147483648))
    throw new InputError(file, `a [${section.kind}] section says ${name}=${text}, where a number from ${least} on belongs`)
  return value
}

/** A list of whole numbers of a section. @throws InputError when one is none */
export function optionList(file: string, section: DarknetSection, name: string): number[] {
  const text = section.options.get(name)
  if (text === undefined || text === '') return []
  return text.split(',').map((item) => {
    if (!/^-?\d{1,9}$/.test(item))
      throw new InputError(file, `a [${section.kind}] section says ${name}=${text}, which is no list of numbers`)
    return Number(item)
  })
}
