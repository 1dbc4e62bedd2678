import { spokenName } from '../database/spoken-name.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import { plural } from '../words.ts'
import type { BaselineFindings } from './baseline.ts'
import { type Finding, flagFindings, type LeftOut, nonFiniteFindings } from './findings.ts'
import { type CalledLayer, fitsPattern } from './layer-pattern.ts'
import { type LimitRule, limitFindings } from './limits.ts'

/** What layers are held against. */
export interface Gate {
  readonly limits: readonly LimitRule[]
  /** Patterns of layers that are not judged. */
  readonly ignore: readonly string[]
  /** What a baseline says of the same models (`baselineFindings`). */
  readonly baseline?: BaselineFindings | undefined
  /** Flagged layers are findings too; they always are where there are neither limits nor a baseline. */
  readonly flags: boolean
}

/** What was found, and what was not judged. */
export interface GateResult {
  /** By model and layer in the order of the table; of one layer weights that are not finite first, then flags, limits, baseline. */
  readonly found: readonly Finding[]
  /** Layers that were judged, those with a weight that is not finite among them. */
  readonly judged: readonly CalledLayer[]
  readonly ignored: number
  /** Values that have a limit and are undefined. */
  readonly undefinedValues: number
  /** Sentences that a person should read. */
  readonly notes: readonly string[]
}

/** Holds an analysis against a gate. */
export function judgeByGate(
  analysis: { readonly layers: readonly MeasuredLayer[]; readonly skipped: readonly LeftOut[] },
  gate: Gate,
): GateResult {
  const isIgnored = (layer: CalledLayer): boolean => gate.ignore.some((pattern) => fitsPattern(pattern, layer))
  const called = (row: MeasuredLayer): CalledLayer => ({ model: row.model, layer: row.layer, name: spokenName(row) })
  const layers = analysis.layers.filter((row) => !isIgnored(called(row)))
  const broken = nonFiniteFindings(analysis.skipped)
  const kept = broken.filter((finding) => !isIgnored(finding))
  const limited = limitFindings(layers, gate.limits)
  const compared = gate.baseline
  const isPlain = gate.limits.length === 0 && gate.baseline === undefined
  const flagged = gate.flags || isPlain ? flagFindings(layers) : []
  const all = [...analysis.layers.map(called), ...broken]
  const unused = gate.ignore.filter((pattern) => !all.some((layer) => fitsPattern(pattern, layer)))
  const useless = gate.limits.filter(({ pattern }) => !all.some((layer) => fitsPattern(pattern, layer)))
  const judged = [...layers.map(called), ...kept.map(({ model, layer, name }) => ({ model, layer, name }))]
  const order = new Map(judged.map(({ model, layer }, k) => [`${model}\n${layer}`, k]))
  const at = ({ model, layer }: Finding): number => order.get(`${model}\n${layer}`) ?? order.size
  return {
    found: [...kept, ...flagged, ...limited.found, ...(compared?.found ?? []).filter((finding) => !isIgnored(finding))].sort(
      (a, b) => at(a) - at(b),
    ),
    judged,
    ignored: all.length - judged.length,
    undefinedValues: limited.undefined,
    notes: [
      ...(limited.undefined > 0 ? [`${plural(limited.undefined, 'value is', 'values are')} undefined and not judged`] : []),
      ...(limited.exempt > 0
        ? [
            `${plural(limited.exempt, 'layer has', 'layers have')} more channels than weights in each, so no orthogonality is asked of them`,
          ]
        : []),
      ...unused.map((pattern) => `no layer is called ${pattern}, which is to be ignored`),
      ...useless.map(({ pattern }) => `no layer is called ${pattern}, for which there are limits`),
      ...(compared?.notes ?? []),
    ],
  }
}
