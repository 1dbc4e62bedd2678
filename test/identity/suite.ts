import { joinMeta } from '../../src/analysis/join-meta.ts'
import { joinPairs } from '../../src/analysis/join-pairs.ts'
import { parseMeta } from '../../src/analysis/meta-table.ts'
import { parsePairs } from '../../src/analysis/pairs.ts'
import {
  type Analysis,
  analyze,
  analyzeGroups,
  analyzeStudies,
  exportTable,
  layerTableBytes,
  modelTableBytes,
  principalComponents,
  runTables,
  skippedTableBytes,
  whyNoBasis,
} from '../../src/index.ts'
import { emptyFolder, type Input, memoryAccess, type RandomAccess } from '../../src/io/random-access.ts'
import { sha256Of } from '../../src/io/sha256.ts'
import { syntheticNetwork } from './synthetic.ts'

// One suite for every engine: the same models in, every stored table out as a SHA-256.

/** What an engine computed. */
export interface Identity {
  /** SHA-256 by table. */
  readonly tables: Readonly<Record<string, string>>
  /** SHA-256 of all of them, names included: the one number that engines must agree on. */
  readonly sha256: string
}

/** Files of data/ that the suite reads, by name. */
export interface IdentityFiles {
  /** In the order in which they are analysed. */
  readonly models: readonly RandomAccess[]
  readonly meta: string
  readonly pairs: string
}

export async function identitySuite({ models, meta, pairs }: IdentityFiles): Promise<Identity> {
  // The filters are read again for the coefficients, so the files stay open.
  const inputs = models.map(
    (access): Input => ({ path: access.name, access: { ...access, close: async () => undefined }, folder: emptyFolder }),
  )
  const plain = await analyze(inputs, { kernel: 'all' })
  const analysis = { ...plain, models: joinMeta(plain.models, parseMeta('meta.csv', meta)).models }
  const names = analysis.models.map((model) => model.model)
  const report = await analyzeGroups(inputs, { analysis, pairs: joinPairs(names, parsePairs('pairs.csv', pairs)) })
  const studies = await analyzeStudies(inputs, { analysis, groupBy: ['Robust'], correlate: ['Clean Accuracy'] })
  const network: Input = { path: 'synthetic.safetensors', access: syntheticNetwork(), folder: emptyFolder }
  const synthetic = await analyze([network], { kernel: 'all' })
  const others = await Promise.all(
    (['cvpr22', 'torchconvquality'] as const).map((profile) =>
      analyze([{ ...network, access: syntheticNetwork() }], { kernel: 'all', profile, hash: false }),
    ),
  )
  const [layers] = runTables(analysis)
  const tables = {
    'layers.arrow': await hexOf(layerTableBytes(analysis)),
    'models.arrow': await hexOf(modelTableBytes(analysis)),
    'skipped.arrow': await hexOf(skippedTableBytes(analysis)),
    'groups.json': await hexOf(jsonOf(report)),
    'studies.json': await hexOf(jsonOf(studies)),
    'layers.csv': await hexOf(exportTable(layers!, 'csv')),
    'layers.parquet': await hexOf(exportTable(layers!, 'parquet')),
    'synthetic/layers.arrow': await hexOf(layerTableBytes(synthetic)),
    'synthetic/models.arrow': await hexOf(modelTableBytes(synthetic)),
    'synthetic/bases.json': await hexOf(jsonOf(basesOf(synthetic))),
    'synthetic/cvpr22.arrow': await hexOf(layerTableBytes(others[0]!)),
    'synthetic/torchconvquality.arrow': await hexOf(layerTableBytes(others[1]!)),
  }
  const listed = Object.entries(tables)
    .map(([name, hex]) => `${hex}  ${name}\n`)
    .join('')
  return { tables, sha256: await hexOf(new TextEncoder().encode(listed)) }
}

/** The principal components of every layer that has some. */
function basesOf({ layers }: Analysis): unknown {
  return layers
    .filter(({ scaled }) => whyNoBasis(scaled) === null)
    .map(({ layer, scaled }) => {
      const { mean, components, explainedVariance } = principalComponents(scaled)
      return { layer, mean: [...mean], components: [...components], explainedVariance: [...explainedVariance] }
    })
}

const jsonOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

async function hexOf(bytes: Uint8Array): Promise<string> {
  return sha256Of(memoryAccess('bytes', bytes))
}
