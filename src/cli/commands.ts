import { activateCommand } from './activate.ts'
import { analyzeCommand } from './analyze.ts'
import { checkCommand } from './check.ts'
import type { Command } from './command.ts'
import { compareCommand } from './compare.ts'
import { exportCommand } from './export.ts'
import { extractCommand } from './extract.ts'
import { inspectCommand } from './inspect.ts'
import { reportCommand } from './report.ts'
import { verifyCommand } from './verify.ts'
import { viewCommand } from './view.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  analyzeCommand,
  inspectCommand,
  compareCommand,
  checkCommand,
  reportCommand,
  viewCommand,
  activateCommand,
  exportCommand,
  extractCommand,
  verifyCommand,
]
