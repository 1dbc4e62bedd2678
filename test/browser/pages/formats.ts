// Runs in a browser: opens addresses, each with the files beside it, and tells what they hold.

import { urlInput } from '../../../src/io/http.ts'
import { openSource } from '../../../src/sources/open.ts'
import { type Layers, layersOf } from './layers.ts'

async function tellUrls(urls: readonly string[]): Promise<(Layers | string)[]> {
  const told: (Layers | string)[] = []
  for (const url of urls)
    told.push(
      await urlInput(url)
        .then(openSource)
        .then(layersOf, (error: Error) => error.message),
    )
  return told
}

Object.assign(globalThis, { tellUrls })
