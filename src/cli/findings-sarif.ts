import { type Finding, findingRules } from '../analysis/findings.ts'
import type { CheckReport } from './check-report.ts'

const rules = { ...findingRules, unreadable: 'the file cannot be read' } as const
type RuleId = keyof typeof rules
const ruleIds = Object.keys(rules) as RuleId[]

/**
 * SARIF 2.1.0 (OASIS). The place is the model's file, relative to the folder that the command ran in; a weight file has no lines, so
 * line 1 stands for all of it, and the layer is the logical location.
 */
export function findingsSarif({ version, found, failed, files }: CheckReport): string {
  const results = [
    ...found.map((finding) =>
      result(finding.rule, files.get(finding.model) ?? finding.model, `${finding.name}: ${finding.message}`, finding),
    ),
    ...failed.map(({ file, problem }) => result('unreadable', file, problem)),
  ]
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'filterlens',
            version,
            rules: ruleIds.map((id) => ({ id, shortDescription: { text: rules[id] }, defaultConfiguration: { level: 'error' } })),
          },
        },
        invocations: [{ executionSuccessful: true }],
        results,
      },
    ],
  }
  return JSON.stringify(log, null, 2)
}

function result(rule: RuleId, file: string, text: string, finding?: Finding): Record<string, unknown> {
  return {
    ruleId: rule,
    ruleIndex: ruleIds.indexOf(rule),
    level: 'error',
    message: { text },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: addressOf(file) }, region: { startLine: 1 } },
        ...(finding && {
          logicalLocations: [{ name: finding.name, fullyQualifiedName: `${finding.model}/${finding.layer}`, kind: 'member' }],
        }),
      },
    ],
    // The same finding of the next run is the same alert, whatever its number is then.
    partialFingerprints: { 'filterlens/v1': [rule, file, finding?.layer ?? '', finding?.metric ?? ''].join('|') },
    ...(finding && { properties: { metric: finding.metric, value: finding.value, limit: finding.limit } }),
  }
}

/** A path as a URI reference; addresses are URIs already. */
function addressOf(file: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) return file
  return file.split('/').map(encodeURIComponent).join('/')
}
