import type { InputPart } from '../database/meta.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import type { SourceModel } from '../sources/source.ts'
import type { withNamedFolder } from './named-folder.ts'

/** What identifies the bytes that a model was read from. */
export interface ModelHashes {
  readonly sha256: string | null
  readonly parts: readonly InputPart[]
}

/** Of a model whose files were not to be hashed. */
export const unhashed: ModelHashes = { sha256: null, parts: [] }

/** SHA-256 of an input's file and of the further files that its models are read from; each file is read once. */
export class InputHashes {
  readonly #input: ReturnType<typeof withNamedFolder>
  readonly #signal: AbortSignal | undefined
  readonly #known = new Map<RandomAccess, Promise<string>>()

  constructor(input: ReturnType<typeof withNamedFolder>, signal?: AbortSignal) {
    this.#input = input
    this.#signal = signal
  }

  async of(model: SourceModel): Promise<ModelHashes> {
    const sha256 = await this.#hash(this.#input.access)
    const parts: InputPart[] = []
    for (const part of new Set(model.parts)) {
      const path = this.#input.folder.pathOf(part)
      // What was not opened in the input's folder lies inside the input itself (a zip), whose hash covers it.
      if (path !== undefined)
        parts.push({ file: beside(this.#input.path, path), bytes: part.byteLength, sha256: await this.#hash(part) })
    }
    return { sha256, parts }
  }

  /** Resolves when nothing is being read any more; a failure has reached whoever asked. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#known.values())
  }

  /** What is stated of a file is taken: of one at the hub, only the bytes that are measured are read. */
  #hash(access: RandomAccess): Promise<string> {
    if (access.statedSha256 !== undefined) return Promise.resolve(access.statedSha256)
    let hash = this.#known.get(access)
    if (!hash) {
      hash = sha256Of(access, this.#signal)
      this.#known.set(access, hash)
    }
    return hash
  }
}

/** "runs/a.onnx" and "a.data": "runs/a.data". */
function beside(path: string, file: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + file
}
