import { analyzeCommand } from './analyze.ts'
import { checkCommand } from './check.ts'
import type { Command } from './command.ts'
import { extractCommand } from './extract.ts'
import { inspectCommand } from './inspect.ts'
import { verifyCommand } from './verify.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [analyzeCommand, inspectCommand, extractCommand, checkCommand, verifyCommand]
