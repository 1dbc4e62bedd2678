import { useEffect, useState } from 'preact/hooks'
import type { Contents, ContentsGiven } from '../tasks/protocol.ts'
import type { Loaded } from './models.ts'
import { viewing } from './work.ts'

const known = new Map<string, Promise<Contents>>()

/** Where a worker finds a model; null for results of an earlier run, which hold no file. */
export function fileOf(model: Loaded): ContentsGiven | null {
  const { drop, files, row, ownName } = model
  return files.length === 0 ? null : { drop, files, input: row.file, model: ownName }
}

/** What a model's file holds; null until it is known, and where there is no file. */
export function useContents(model: Loaded): Contents | null {
  const [found, setFound] = useState<{ model: string; contents: Contents } | null>(null)
  useEffect(() => {
    const given = fileOf(model)
    if (!given) return
    let isGone = false
    const key = JSON.stringify([given.drop, given.input, given.model])
    let asked = known.get(key)
    if (!asked) known.set(key, (asked = viewing('contents', given)))
    asked.then(
      (contents) => {
        if (!isGone) setFound({ model: model.name, contents })
      },
      () => known.delete(key), // what is wrong with the file is said where its layers are read
    )
    return () => {
      isGone = true
    }
  }, [model.name, model.drop])
  return found?.model === model.name ? found.contents : null
}
