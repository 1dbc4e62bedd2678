import { InputError } from '../../errors.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'
import { requireInside } from '../part-path.ts'

/** The files beside a model that hold its tensors, each opened once. */
export class ExternalFiles {
  readonly #model: RandomAccess
  readonly #folder: Folder
  readonly #opened = new Map<string, RandomAccess>()

  constructor(model: RandomAccess, folder: Folder) {
    this.#model = model
    this.#folder = folder
  }

  /** Opens the file that a tensor names. @throws InputError when the name leads out of the model's folder or there is no such file */
  async open(location: string): Promise<RandomAccess> {
    const known = this.#opened.get(location)
    if (known) return known
    requireInside(this.#model.name, location)
    const found = await this.#folder.open(
      location
        .split('/')
        .filter((part) => part !== '.' && part !== '')
        .join('/'),
    )
    if (!found)
      throw new InputError(
        this.#model.name,
        `keeps weights in the file ${location}, which is not beside it; put it there, or give its whole folder`,
      )
    this.#opened.set(location, found)
    return found
  }

  get parts(): RandomAccess[] {
    return [...this.#opened.values()]
  }

  async close(): Promise<void> {
    for (const part of this.#opened.values()) await part.close?.()
  }
}
