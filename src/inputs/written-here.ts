import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that filterlens writes and that hold no model: a file that each has, and what is to be done with it. */
export const writtenFolders = [
  [
    'results.sha256',
    'holds results, not models: filterlens view and filterlens report show them, filterlens export gives their tables',
  ],
  [
    'manifest.sha256',
    'holds results of a run that has not finished, not models: the command that began it, given again, finishes it',
  ],
  ['plan.json', 'holds a plan, not models: filterlens status tells how far it is, filterlens analyze --plan measures its shards'],
  [
    'trajectory.arrow',
    'holds what filterlens track wrote, not models: filterlens view shows it, and any Arrow reader opens trajectory.arrow',
  ],
] as const

/** What a folder without models is, where one of our commands wrote it. */
export function writtenHere(folder: string): string | undefined {
  return writtenFolders.find(([file]) => existsSync(join(folder, file)))?.[1]
}
