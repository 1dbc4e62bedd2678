import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openBrowser } from './harness/open.ts'
import { serveFolders } from './harness/server.ts'
import { engines } from './harness/tab.ts'

for (const engine of engines) {
  test(`${engine} opens a page, runs code in it and takes a file`, async () => {
    const tab = await openBrowser(engine)
    if (!tab) return
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-harness-'))
    const html =
      '<!doctype html><title>t</title><input type=file id=f multiple><script>f.onchange = () => (document.title = [...f.files].map((x) => x.name + x.size).join())</script>'
    await writeFile(join(folder, 'index.html'), html)
    await writeFile(join(folder, 'a.bin'), 'abc')
    await writeFile(join(folder, 'b.bin'), 'defgh')
    const server = await serveFolders({ '/': folder })
    try {
      await tab.goto(`${server.url}/`)
      assert.is(await tab.run(async (a, b) => (await Promise.resolve(a)) + b, 2, 3), 5)
      await tab.chooseFiles('#f', [join(folder, 'a.bin'), join(folder, 'b.bin')])
      assert.is(await tab.run(() => document.title), 'a.bin3,b.bin5')
      assert.is(await tab.run(async () => (await fetch('a.bin', { headers: { range: 'bytes=1-1' } })).text()), 'b')
      assert.match(tab.version, /^\d+\./)
      const failure = await tab
        .run(() => {
          throw new Error('on purpose')
        })
        .then(
          () => 'none',
          (error) => String(error),
        )
      assert.match(failure, /on purpose/)
    } finally {
      await tab.close()
      await server.close()
      await rm(folder, { recursive: true })
    }
  })
}

test.run()
