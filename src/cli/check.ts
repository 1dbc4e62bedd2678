import { type Limits, type Violation, violations } from '../analysis/limits.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import { plural } from '../words.ts'
import { pc } from './colour.ts'
import type { Command, Words } from './command.ts'
import { measureInputs } from './measuring.ts'
import { measuringOptions, measuringOptionsOf, numberOption } from './measuring-options.ts'
import { print, warn } from './talk.ts'
import { printable, terminalTable } from './terminal.ts'

export const checkCommand: Command = {
  options: (parser) =>
    measuringOptions(parser)
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'model files, folders or globs' })
      .option('max-sparsity', {
        describe: 'largest share of sparse filters in a layer, 0 to 1',
        group: 'Limits:',
      })
      .option('min-entropy', { describe: 'smallest variance entropy of a layer, 0 to 0.954', group: 'Limits:' })
      .option('min-orthogonality', { describe: 'smallest orthogonality of a layer', group: 'Limits:' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON', group: 'Output:' })
      .example('$0 check net.onnx --max-sparsity 0.5 --min-entropy 0.3', 'no layer mostly dead, none with few patterns'),
  async run(words) {
    const limits = limitsOf(words)
    const { record } = await measureInputs({
      inputs: await listInputs(words['inputs'] as string[]),
      options: measuringOptionsOf(words),
      resume: false,
      keepLayers: true,
    })
    const { found, undefined: unjudged } = violations(record.layers, limits)
    const failed = found.length > 0 || record.failed.length > 0
    if (words['json'] === true) {
      print(
        JSON.stringify(
          {
            passed: !failed,
            limits,
            layers: record.layers.length,
            undefined_values: unjudged,
            violations: found,
            failed: record.failed,
          },
          null,
          2,
        ),
      )
      return failed ? 1 : 0
    }
    for (const { file, problem } of record.failed) warn(`${file}: ${problem}`)
    print(
      failed
        ? failureView(found, record.layers.length)
        : `${pc.green('✓')} ${plural(record.layers.length, 'layer')} within the limits`,
    )
    if (unjudged > 0) warn(`${plural(unjudged, 'value is', 'values are')} undefined and not judged`)
    return failed ? 1 : 0
  },
}

function limitsOf(words: Words): Limits {
  const share = (name: string): number | undefined => numberOption(words, name, 'a number from 0 to 1', (x) => x >= 0 && x <= 1)
  const max_sparsity = share('max-sparsity')
  const min_entropy = share('min-entropy')
  const min_orthogonality = share('min-orthogonality')
  if (max_sparsity === undefined && min_entropy === undefined && min_orthogonality === undefined) {
    throw new UsageError('check needs a limit: --max-sparsity, --min-entropy or --min-orthogonality')
  }
  return {
    ...(max_sparsity !== undefined && { max_sparsity }),
    ...(min_entropy !== undefined && { min_entropy }),
    ...(min_orthogonality !== undefined && { min_orthogonality }),
  }
}

function failureView(found: readonly Violation[], layers: number): string {
  const rows = found.map(({ model, layer, metric, value, limit }) => [
    pc.red('✗'),
    printable(model),
    printable(layer),
    `${describedMetric(metric).label.long} ${value.toFixed(3)}`,
    `${describedMetric(metric).compared.better === 'lower' ? 'at most' : 'at least'} ${limit}`,
  ])
  const bad = new Set(found.map(({ model, layer }) => `${model}\n${layer}`)).size
  return `${terminalTable([{ title: '' }, { title: 'model' }, { title: 'layer' }, { title: 'is' }, { title: 'must be' }], rows)}\n\n${bad} of ${plural(layers, 'layer')} beyond the limits`
}
