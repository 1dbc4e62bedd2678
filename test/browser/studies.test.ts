// What results of an earlier run say by columns of the metadata is on the page too.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens } from '../cli/run.ts'
import { withPage } from './harness/page.ts'

test('chromium: studies of results that are dropped stand under Groups, with their tests and figures', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-studies-'))
  try {
    const results = join(folder, 'results')
    const zip = join(folder, 'results.zip')
    const words = ['analyze', 'data', '--meta', 'data/meta.csv', '--group-by', 'Backbone', '--correlate', 'Clean Accuracy']
    assert.is((await filterlens([...words, '-o', results])).code, 0)
    assert.is((await filterlens(['pack', results, '-o', zip])).code, 0)
    await withPage('chromium', async (page) => {
      await page.drop(zip)
      await page.sees('.model-link, .overview tbody tr', 'vgg_w16_cifar10_normal')
      await page.show('#/groups')
      await page.sees('h2', 'By columns, from')
      await page.sees('[aria-label="Models by Backbone"] tbody', 'PreActResNet-14-w24')
      await page.sees('[aria-label="Do the values of Backbone differ"] tbody', 'Kruskal-Wallis H')
      await page.sees('main', "comparisons of two values of Backbone show a difference (Dunn's test")
      await page.sees('[aria-label="Rank correlations with columns"] tbody', 'Clean Accuracy')
      await page.sees('[aria-label="Metrics by depth and Backbone, the figure"] svg')
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
