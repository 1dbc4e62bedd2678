import type { Finding } from '../analysis/findings.ts'
import { listsByKey } from '../measure/lists-by-key.ts'
import type { CheckReport } from './check-report.ts'

/**
 * JUnit's XML as Ant writes it: a suite for each model, a case for each layer that was judged. Attributes and order are those that
 * the strictest schema in use asks for, so Jenkins, GitLab and Azure all read it.
 */
export function findingsJunit(report: CheckReport): string {
  const findings = listsByKey(report.found, ({ model, layer }) => `${model}\n${layer}`)
  const suites = [...listsByKey(report.judged, ({ model }) => model)].map(([model, layers]) => {
    const cases = layers.map(({ layer, name }) => layerCase(model, name, findings.get(`${model}\n${layer}`) ?? []))
    const failures = layers.filter(({ layer }) => findings.has(`${model}\n${layer}`)).length
    return { name: report.files.get(model) ?? model, cases, failures, errors: 0 }
  })
  const unread = report.failed.map(({ file, problem }) => ({
    name: file,
    cases: [testCase(file, 'can be read', `<error type="unreadable" message="${text(problem)}"/>`)],
    failures: 0,
    errors: 1,
  }))
  // One clock: the time of the run is told once, by the first suite.
  const whole = [...suites, ...unread].map((suite, id) => {
    const time = id === 0 ? report.seconds.toFixed(3) : '0'
    const counts = `tests="${suite.cases.length}" failures="${suite.failures}" errors="${suite.errors}" time="${time}"`
    const when = report.finished.slice(0, 19)
    const head = `package="filterlens" id="${id}" name="${text(suite.name)}" timestamp="${when}" hostname="localhost" ${counts}`
    const tool = `<properties><property name="filterlens" value="${text(report.version)}"/></properties>`
    return [
      `  <testsuite ${head}>`,
      `    ${tool}`,
      ...suite.cases,
      '    <system-out/>',
      '    <system-err/>',
      '  </testsuite>',
    ].join('\n')
  })
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...whole, '</testsuites>'].join('\n')
}

function layerCase(model: string, layer: string, findings: readonly Finding[]): string {
  const [first] = findings
  if (!first) return testCase(model, layer)
  const messages = findings.map(({ message }) => message)
  return testCase(model, layer, `<failure type="${first.rule}" message="${text(messages.join('; '))}"/>`)
}

function testCase(classname: string, name: string, inside?: string): string {
  const head = `<testcase classname="${text(classname)}" name="${text(name)}" time="0"`
  return inside === undefined ? `    ${head}/>` : `    ${head}>\n      ${inside}\n    </testcase>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/** Text inside an attribute; characters that XML 1.0 has not become U+FFFD. */
function text(value: string): string {
  return value
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\n\t]/g, (character) => entities[character]!)
}
