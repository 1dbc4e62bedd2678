import { printable } from '../printable.ts'
import type { CheckReport } from './check-report.ts'

/**
 * Annotations of GitHub Actions: a workflow command a line, `::error file=…,title=…::message`. Source: "Workflow commands for GitHub
 * Actions" in GitHub's documentation; the escapes are those of its toolkit (`%`, and in properties `:` and `,`; CR and LF are gone before).
 */
export function findingsGithub({ found, failed, files, judged }: CheckReport): string {
  const lines = [
    ...found.map(({ model, name, message }) =>
      annotation(files.get(model) ?? model, `filterlens: ${name}`, `${name}: ${message}`),
    ),
    ...failed.map(({ file, problem }) => annotation(file, 'filterlens: cannot be read', problem)),
  ]
  return lines.length > 0 ? lines.join('\n') : `filterlens: nothing to report on ${judged.length} layers`
}

function annotation(file: string, title: string, message: string): string {
  return `::error file=${property(file)},title=${property(title)}::${data(message)}`
}

/** A log is read on terminals too: control characters of names, line breaks among them, are shown as everywhere, and none is left to escape. */
function data(text: string): string {
  return printable(text).replaceAll('%', '%25')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
