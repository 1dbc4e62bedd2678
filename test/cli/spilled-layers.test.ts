import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SpilledLayers } from '../../src/cli/spilled-layers.ts'
import { modelRow, syntheticAnalysis } from '../analysis/synthetic.ts'

const { layers, parameters } = syntheticAnalysis([modelRow('one'), modelRow('two')], 8)

for (const most of [100, 3])
  test(`layers of a run without results come back as they were measured, ${most} held`, async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('filterlens-layers-'))
    const kept = new SpilledLayers(parameters, most)
    for (const row of layers) await kept.add(row)
    const source = await kept.source()
    assert.is(source.count, layers.length)
    const back = []
    for await (const rows of source.rows()) back.push(...rows)
    assert.equal(back, layers)
    const own = []
    for await (const rows of source.metricsOf('two')) own.push(...rows.map(({ layer_id }) => layer_id))
    assert.is(own.length, 8)
    await kept.close()
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('filterlens-layers-') && !before.includes(name))
    assert.equal(after, [])
  })

test.run()
