import { fileId } from './check-crate.ts'

/** What the crate says of the program and of the run; dates as ISO 8601. */
export interface CrateFacts {
  readonly version: string
  readonly moduleSha256: string
  /** The command line or the page that made the results. */
  readonly command: string
  readonly finished: string
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>
  /** The number to quote. */
  readonly resultsSha256: string
  readonly files: readonly CrateFile[]
  readonly inputs: readonly CrateInput[]
  /** Licence of the results as a URL; the person's to choose. */
  readonly license: string
  /** Names of the people who made the results. */
  readonly authors?: readonly string[]
}

/** A file of the results. Size and hash are left out of the one file that is written after the crate. */
export interface CrateFile {
  readonly path: string
  readonly bytes?: number
  readonly sha256?: string
}

/** An input that the run read: not part of the results, named so that it can be found again. */
export interface CrateInput {
  readonly path: string
  readonly bytes: number
  readonly sha256: string | null
  readonly format: string
  readonly parts?: readonly { readonly file: string; readonly bytes: number; readonly sha256: string }[] | undefined
}

type Entity = Readonly<Record<string, unknown>>

/** The terms of RO-Crate 1.1, and one that its version of schema.org did not have yet. */
const CONTEXT = ['https://w3id.org/ro/crate/1.1/context', { sha256: 'https://schema.org/sha256' }]
const PROFILE = 'https://w3id.org/ro/crate/1.1'
const PAPER = 'https://arxiv.org/abs/2204.02481'

const kinds: readonly (readonly [RegExp, string, string])[] = [
  [
    /^layers\.arrow$/,
    'application/vnd.apache.arrow.file',
    'One row per layer: metrics, reasons of undefined ones, sufficient statistics',
  ],
  [
    /^models\.arrow$/,
    'application/vnd.apache.arrow.file',
    'One row per model: source, counts, metrics over all layers, metadata',
  ],
  [/^skipped\.arrow$/, 'application/vnd.apache.arrow.file', 'What was seen and not measured, with the reason'],
  [/\.arrow$/, 'application/vnd.apache.arrow.file', 'A table of results'],
  [/\.parquet$/, 'application/vnd.apache.parquet', 'A table of results'],
  [/\.csv$/, 'text/csv', 'A table of results'],
  [
    /^machine\.json$/,
    'application/json',
    'Where and how fast this run was: the one file that differs from run to run, with this description',
  ],
  [/^manifest\.sha256$/, 'text/plain', 'SHA-256 of every file, as sha256sum -c reads it'],
  [/^results\.sha256$/, 'text/plain', 'SHA-256 of the manifest: the one number to quote'],
  [/^first_filters\.arrow$/, 'application/vnd.apache.arrow.file', 'A few filters of each layer, for pictures'],
  [/^kernel\.wasm$/, 'application/wasm', 'The program that computed every number'],
  [/^report\.html$/, 'text/html', 'The report'],
  [/\.svg$/, 'image/svg+xml', 'A figure of the report'],
  [/\.png$/, 'image/png', 'A figure of the report'],
  [/\.json$/, 'application/json', 'Parameters and results that a script may read'],
  [/\.sha256$/, 'text/plain', 'Checksums'],
]

/**
 * The text of ro-crate-metadata.json (RO-Crate 1.1): the root, every file with size and SHA-256, the inputs by name and
 * hash, the program with its module's hash, and the action that made the one from the others.
 */
export function crateText(facts: CrateFacts): string {
  const files = facts.files.map(fileEntity)
  const inputs = facts.inputs.length <= MOST_INPUTS ? facts.inputs.flatMap(inputEntities) : [inputsInTable(facts.inputs.length)]
  const authors = (facts.authors ?? []).map((name, k) => ({ '@id': `#author-${k + 1}`, '@type': 'Person', name }))
  const parameters = Object.keys(facts.parameters).sort()
  const graph: Entity[] = [
    {
      '@id': 'ro-crate-metadata.json',
      '@type': 'CreativeWork',
      conformsTo: { '@id': PROFILE },
      about: { '@id': './' },
    },
    {
      '@id': './',
      '@type': 'Dataset',
      name: 'Quality of convolution filters, measured by filterlens',
      description: `Sparsity, variance entropy and orthogonality of the convolution filters of ${facts.inputs.length} ${facts.inputs.length === 1 ? 'input' : 'inputs'}. results.sha256: ${facts.resultsSha256}`,
      identifier: `sha256:${facts.resultsSha256}`,
      datePublished: facts.finished,
      license: { '@id': facts.license },
      ...(authors.length > 0 && { author: authors.map((author) => ({ '@id': author['@id'] })) }),
      citation: { '@id': PAPER },
      hasPart: files.map((file) => ({ '@id': file['@id'] })),
      mentions: [{ '@id': '#run' }],
    },
    {
      '@id': facts.license,
      '@type': 'CreativeWork',
      name: facts.license,
    },
    ...files,
    ...inputs,
    {
      '@id': '#run',
      '@type': 'CreateAction',
      name: facts.command,
      endTime: facts.finished,
      instrument: { '@id': '#filterlens' },
      object: [...inputs.map((input) => input['@id']), ...parameters.map((name) => `#parameter-${name}`)].map((id) => ({
        '@id': id,
      })),
      result: { '@id': './' },
      ...(authors.length > 0 && { agent: authors.map((author) => ({ '@id': author['@id'] })) }),
    },
    ...parameters.map((name) => ({
      '@id': `#parameter-${name}`,
      '@type': 'PropertyValue',
      name,
      value: String(facts.parameters[name]),
    })),
    ...authors,
    {
      '@id': '#filterlens',
      '@type': 'SoftwareApplication',
      name: 'filterlens',
      softwareVersion: facts.version,
      identifier: `kernel.wasm sha256:${facts.moduleSha256}`,
      license: { '@id': 'https://spdx.org/licenses/MIT' },
    },
    { '@id': 'https://spdx.org/licenses/MIT', '@type': 'CreativeWork', name: 'MIT License' },
    {
      '@id': PAPER,
      '@type': 'ScholarlyArticle',
      name: 'Adversarial Robustness through the Lens of Convolutional Filters',
      author: [{ '@id': '#gavrikov' }, { '@id': '#keuper' }],
      datePublished: '2022',
    },
    { '@id': '#gavrikov', '@type': 'Person', name: 'Paul Gavrikov' },
    { '@id': '#keuper', '@type': 'Person', name: 'Janis Keuper' },
  ]
  return `${JSON.stringify({ '@context': CONTEXT, '@graph': graph }, null, 2)}\n`
}

function fileEntity({ path, bytes, sha256 }: CrateFile): Entity {
  const kind = kinds.find(([pattern]) => pattern.test(path))
  return {
    '@id': fileId(path),
    '@type': 'File',
    name: path,
    ...(kind && { encodingFormat: kind[1], description: kind[2] }),
    ...(bytes !== undefined && { contentSize: String(bytes) }),
    ...(sha256 !== undefined && { sha256 }),
  }
}

/** Inputs up to this many are described one by one. */
const MOST_INPUTS = 1000

/** Very many inputs: the table of models names each with its size and hash. */
function inputsInTable(count: number): Entity {
  return {
    '@id': '#inputs',
    '@type': 'Collection',
    name: `${count} inputs`,
    description: 'Name, size, SHA-256 and format of each stand in models.arrow: columns file, bytes, sha256, format, parts',
    subjectOf: { '@id': 'models.arrow' },
  }
}

/** An input, and the further files that it was read from. */
function inputEntities({ path, bytes, sha256, format, parts = [] }: CrateInput, k: number): Entity[] {
  const entity = (id: string, name: string, size: number, hash: string | null): Entity => ({
    '@id': id,
    '@type': 'CreativeWork',
    name,
    contentSize: String(size),
    encodingFormat: format,
    ...(hash !== null && { sha256: hash }),
  })
  return [
    entity(`#input-${k + 1}`, path, bytes, sha256),
    ...parts.map((part, i) => entity(`#input-${k + 1}-${i + 1}`, part.file, part.bytes, part.sha256)),
  ]
}
