import { spawn } from 'node:child_process'
import { filterlens, main, projectFolder } from './run.ts'

/** Runs the command to its end. @throws Error when it fails */
export async function done(words: readonly string[]): Promise<void> {
  const { code, err } = await filterlens(words)
  if (code !== 0) throw new Error(`filterlens ${words.join(' ')} ended with ${code}: ${err}`)
}

/** Kills the command after so long. @returns false when it had ended before */
export function killAfter(words: readonly string[], milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], { cwd: projectFolder, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds)
    child.on('error', reject).on('close', (_code, signal) => {
      clearTimeout(timer)
      resolve(signal === 'SIGKILL')
    })
  })
}
