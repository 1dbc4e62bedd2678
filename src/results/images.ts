import { type OutputFolder, writeFile } from '../io/sink.ts'

/** The images that the report of results shows: not part of them, named so that they can be found again. */
export const IMAGES = 'images.json'

export interface ShownImages {
  readonly model: string
  readonly image: ShownImage
  readonly changed: ShownImage
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] }
}

export interface ShownImage {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

export async function writeShownImages(folder: OutputFolder, images: ShownImages): Promise<void> {
  await writeFile(folder, IMAGES, `${JSON.stringify(images)}\n`)
}
