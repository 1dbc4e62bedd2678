import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { measure } from '../../src/measure/run.ts'
import { plannedLines } from '../../src/shards/planned-inputs.ts'
import { projectFolder } from '../cli/run.ts'
import { startHub } from '../helpers/hub-server.ts'
import { mergedTexts, planInMemory, requireSameTexts, textsOf } from './in-memory.ts'

process.chdir(projectFolder)

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(`data/${name}.onnx`))

test('a repository of the hub and an address are planned with the commit they had, and shards read that', async () => {
  const commit = '0123456789abcdef0123456789abcdef01234567'
  const files = { 'a/one.onnx': bytesOf('vgg_w16_cifar10_normal'), 'two.onnx': bytesOf('vgg_w16_cifar10_robust') }
  const hub = await startHub({ 'owner/net': { commit, files, large: ['two.onnx'] } })
  const file = bytesOf('vgg_w24_cifar10_normal')
  const server = createServer((_, response) => response.setHeader('content-length', file.length).end(file))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const before = process.env['HF_ENDPOINT']
  process.env['HF_ENDPOINT'] = hub.endpoint
  try {
    const given = ['hf://owner/net', `http://127.0.0.1:${(server.address() as AddressInfo).port}/net.onnx`]
    const whole = await textsOf(measure(await listInputs(given)))
    const plan = await planInMemory(given, 3)
    const locations: string[] = []
    for await (const { input } of plannedLines(plan)) locations.push(input!.location)
    assert.equal(locations.slice(0, 2), [`hf://owner/net@${commit}/a/one.onnx`, `hf://owner/net@${commit}/two.onnx`])
    const asked = hub.asked.length
    requireSameTexts(await mergedTexts(plan), whole)
    assert.not.ok(
      hub.asked.slice(asked).some((request) => request.includes('/main')),
      'a shard asked for the branch',
    )
  } finally {
    if (before === undefined) delete process.env['HF_ENDPOINT']
    else process.env['HF_ENDPOINT'] = before
    server.closeAllConnections()
    server.close()
    hub.close()
  }
})

test.run()
