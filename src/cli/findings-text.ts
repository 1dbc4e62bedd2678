import { count, plural } from '../words.ts'
import { type CheckReport, hasPassed } from './check-report.ts'
import { pc } from './colour.ts'
import { printable, wrapped } from './terminal.ts'

/** A paragraph for each model that has findings, the layer first in each line, and what it comes to. */
export function findingsText(report: Pick<CheckReport, 'found' | 'judged' | 'ignored' | 'failed' | 'files'>): string {
  const { found, judged, ignored, failed, files } = report
  const aside = ignored > 0 ? `; ${plural(ignored, 'layer')} ignored` : ''
  if (hasPassed(report)) return `${pc.green('✓')} nothing to report on ${plural(judged.length, 'layer')}${aside}`
  const models = [...new Set(found.map(({ model }) => model))]
  const parts = models.map((model) => {
    const lines = found.filter((finding) => finding.model === model)
    return [
      pc.bold(printable(files.get(model) ?? model)),
      ...lines.map(({ name, message }) => wrapped(`  ${pc.red('✗')} ${pc.bold(printable(name))}: ${printable(message)}`, '    ')),
    ].join('\n')
  })
  const unread = failed.map(
    ({ file, problem }) => `${pc.bold(printable(file))}\n${wrapped(`  ${pc.red('✗')} ${printable(problem)}`, '    ')}`,
  )
  const bad = new Set(found.map(({ model, layer }) => `${model}\n${layer}`)).size
  const verdict = [
    ...(bad > 0 ? [`${count(bad)} of ${plural(judged.length, 'layer')} ${bad === 1 ? 'does' : 'do'} not pass${aside}`] : []),
    ...(failed.length > 0 ? [`${plural(failed.length, 'file')} could not be read`] : []),
  ].join('; ')
  return [...parts, ...unread, verdict].join('\n\n')
}
