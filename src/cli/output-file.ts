import { type BigIntStats, fstatSync } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError, UsageError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { DEAD_LINK } from '../io/node-output.ts'
import { openStreamSink } from '../io/node-stream-output.ts'
import { type Sink, writeFile } from '../io/sink.ts'
import { printableText } from '../printable.ts'
import { requireNoResults } from './own-folder.ts'
import { openOutput } from './run-control.ts'
import { type StandardDescriptor, writeToDescriptor } from './standard-output.ts'

/*
 * Every file that an option names goes through here. A file is written aside and gets its name when it is whole; a link stays,
 * and what it leads to is replaced; a pipe or a device is written into.
 */

/** A file that a person named to be written, as it was found. */
export interface OutputFile {
  /** As it was named. */
  readonly path: string
  /** The option that named it, for messages. */
  readonly option: string
  /** A file that is there or not, a pipe or a device, or the standard output or error of this process. */
  readonly kind: 'file' | 'stream' | StandardDescriptor
  /** Where a file is written: as it was named, or what that link leads to. */
  readonly target: string
  /** Tells what is there from everything else on this machine; undefined where nothing is. */
  readonly identity: string | undefined
  /** Its place without links. */
  readonly real: string
}

/** Looks at a name before anything is written. @throws InputError or UsageError for one that no file can have */
export async function placeOutput(path: string, option: string): Promise<OutputFile> {
  const failed = (error: unknown): never => {
    throw new InputError(path, fileProblem(error), { cause: error })
  }
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : failed(error),
  )
  if (found?.isDirectory() || (!found && path.endsWith('/')))
    throw new UsageError(`${option} ${path}: is a folder; give the name of a file`)
  const link = await lstat(path).catch(() => undefined)
  if (!found && link?.isSymbolicLink()) throw new InputError(path, DEAD_LINK)
  const identity = found && sameness(found)
  const named = { path, option, identity, target: path, real: path }
  const standard = ([1, 2] as const).find((descriptor) => identity !== undefined && samenessOf(descriptor) === identity)
  if (standard !== undefined) return { ...named, kind: standard }
  if (found && !found.isFile()) {
    if (found.isSocket()) throw new UsageError(`${option} ${path}: is a socket, which no file is written to; give a file`)
    if (found.isBlockDevice()) throw new UsageError(`${option} ${path}: is a disk; give a file on it`)
    return { ...named, kind: 'stream' }
  }
  const real = await realPlace(path, found !== undefined).catch(failed)
  requireNoResults(dirname(real), path, option)
  return { ...named, kind: 'file', real, target: link?.isSymbolicLink() ? real : path }
}

/** The place of a file without links, where it is or will be. */
async function realPlace(path: string, isThere: boolean): Promise<string> {
  if (isThere) return realpath(path)
  const folder = resolve(dirname(path))
  return join(await realpath(folder).catch(() => folder), basename(path))
}

/** @throws UsageError when an output is a file that the command reads; folders among the inputs hold files that it does not */
export async function requireNoInput(outputs: readonly OutputFile[], inputs: Iterable<string>): Promise<void> {
  const there = outputs.filter(({ identity, kind }) => identity !== undefined && kind !== 'stream')
  if (there.length === 0) return
  for (const input of inputs) {
    const place = input.startsWith('@') ? input.slice(1) : input // a list of inputs
    const found = await stat(place, { bigint: true }).catch(() => undefined)
    const same = found?.isFile() && there.find(({ identity }) => identity === sameness(found))
    if (same)
      throw new UsageError(`${same.option} ${same.path}: is one of the inputs, which would be written over; give another name`)
  }
}

/** @throws UsageError when two outputs are one file */
export function requireApartFiles(outputs: readonly OutputFile[]): void {
  const seen = new Map<string, OutputFile>()
  for (const output of outputs) {
    const key = output.identity ?? output.real
    const first = seen.get(key)
    if (first)
      throw new UsageError(
        `${output.option} ${output.path}: ${first.path === output.path ? 'is given twice' : `is the same file as ${first.path}`}; give each a file of its own`,
      )
    seen.set(key, output)
  }
}

/** Writes all of an output; it is looked at again, for measuring takes its time. */
export async function writeOutput({ path, option }: OutputFile, bytes: Uint8Array | string): Promise<void> {
  const { kind, target } = await placeOutput(path, option)
  if (kind === 'file') return writeFile((await openOutput(dirname(target))).folder, basename(target), bytes)
  if (kind === 'stream')
    return writeFile(
      { name: path, create: () => openStreamSink(path), remove: async () => {}, sync: async () => {} },
      path,
      bytes,
    )
  const isTerminal = (kind === 1 ? process.stdout : process.stderr).isTTY === true
  const text = typeof bytes === 'string' && isTerminal ? printableText(bytes) : bytes
  await writeToDescriptor(kind, typeof text === 'string' ? new TextEncoder().encode(text) : text)
}

/** The same for what is written in pieces and looked back at: into a file alone. @throws UsageError for anything else */
export async function createOutput({ path, option }: OutputFile): Promise<Sink> {
  const { target } = requireFile(await placeOutput(path, option))
  return (await openOutput(dirname(target))).folder.create(basename(target))
}

/** @throws UsageError for a pipe or a device */
export function requireFile(output: OutputFile): OutputFile {
  if (output.kind === 'file') return output
  throw new UsageError(
    `${output.option} ${output.path}: is a pipe or a device; give a file, which is written whole or not at all`,
  )
}

const sameness = ({ dev, ino }: BigIntStats): string => `${dev} ${ino}`

function samenessOf(descriptor: StandardDescriptor): string | undefined {
  try {
    return sameness(fstatSync(descriptor, { bigint: true }))
  } catch {
    return undefined // it is closed
  }
}
