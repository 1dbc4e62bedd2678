// What only a browser can tell: the policy holds, fonts load, nothing is fetched, no rule of accessibility is broken, nothing runs off a phone.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { buildReport } from '../../src/report/build-report.ts'
import { openBrowser } from '../browser/harness/open.ts'
import { serveFolders } from '../browser/harness/server.ts'
import { smallReport, syntheticFirstLayers, syntheticGrid, syntheticStage } from '../figures/figure-suite.ts'
import { syntheticAnalysis, syntheticComparison } from '../figures/synthetic.ts'
import { packageFile } from '../packages.ts'

declare global {
  var axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> }
}

const groups = smallReport()
const reports = {
  pairs: await buildReport({
    analysis: syntheticAnalysis(
      groups.models.map((model) => model.model),
      3,
    ),
    groups,
    grids: [syntheticGrid('a')],
    firstLayers: syntheticFirstLayers(),
    activation: syntheticStage(),
    command: 'filterlens report results/ --title "a rather long title that a person might give to a report of theirs"',
  }),
  comparison: await buildReport({ analysis: syntheticAnalysis(), comparison: syntheticComparison() }),
}

test('the report in a browser: quiet, styled, self-contained, accessible, and no wider than a phone', async () => {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-report-'))
  const server = await serveFolders({ '/': folder })
  try {
    await writeFile(join(folder, 'axe.js'), await readFile(packageFile('axe-core/axe.min.js')))
    for (const [name, html] of Object.entries(reports)) {
      await writeFile(join(folder, `${name}.html`), html)
      const asked = server.requests.length
      await tab.goto(`${server.url}/${name}.html`)
      const seen = await tab.run(async () => {
        await document.fonts.ready
        return {
          fonts: [...document.fonts].map((font) => font.status),
          column: getComputedStyle(document.querySelector('main')!).maxWidth,
          figures: document.querySelectorAll('figure svg').length,
        }
      })
      assert.equal(seen.fonts, ['loaded', 'loaded'])
      assert.is.not(seen.column, 'none')
      assert.ok(seen.figures > 0)
      assert.equal(
        server.requests.slice(asked).filter((path) => !path.includes('favicon')),
        [`/${name}.html`],
      )
      for (const width of [360, 800, 1400]) {
        await tab.resize(width, 900)
        assert.ok(
          await tab.run(() => document.documentElement.scrollWidth <= window.innerWidth),
          `${name} is wider than ${width} px`,
        )
      }
      assert.equal(
        tab.errors.filter((text) => !text.includes('favicon') && !text.includes('404')),
        [],
      )
      // axe is a script, so it looks at a copy without the policy, all details open
      const bare = html.replace(/<meta http-equiv[^>]+>/, '').replaceAll('<details', '<details open')
      await writeFile(join(folder, `${name}-bare.html`), bare.replace('</head>', '<script src="axe.js"></script></head>'))
      await tab.goto(`${server.url}/${name}-bare.html`)
      const violations = await tab.run(async () => {
        const found = await axe.run()
        return found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 200)} ${v.nodes[0]?.failureSummary ?? ''}`)
      })
      assert.equal(violations, [], name)
    }
  } finally {
    await tab.close()
    await server.close()
    await rm(folder, { recursive: true })
  }
})

test('the content policy stops a script that slipped in', async () => {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-report-'))
  const server = await serveFolders({ '/': folder })
  try {
    const attack =
      '<script>document.title="run"</script><img src="/leak.png" onerror="document.title=1"><style>h1{display:none}</style>'
    await writeFile(join(folder, 'r.html'), reports.comparison.replace('</main>', `${attack}</main>`))
    await tab.goto(`${server.url}/r.html`)
    assert.is(await tab.run(() => document.title), 'resnet18_normal and resnet18_robust')
    assert.is(await tab.run(() => getComputedStyle(document.querySelector('h1')!).display), 'block')
    assert.not.ok(server.requests.includes('/leak.png'))
  } finally {
    await tab.close()
    await server.close()
    await rm(folder, { recursive: true })
  }
})

test.run()
