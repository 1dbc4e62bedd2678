import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatRoute, parseRoute } from '../../../src/web/state/route.ts'

test('addresses are read and written back', () => {
  for (const address of [
    '#/models',
    '#/models?sort=-sparsity&find=res',
    '#/model/resnet50.pth',
    '#/model/a%2Fb%20c%3F%23/12?order=norm',
    '#/compare/a/b',
    '#/compare/a/b/0',
    '#/groups?by=Robust',
  ]) {
    assert.is(formatRoute(parseRoute(address)), address)
  }
})

test('names with slashes, spaces and questions survive', () => {
  const route = { page: 'compare', a: 'x/y?#%', b: 'ü 模型', layer: 3, q: {} } as const
  assert.equal(parseRoute(formatRoute(route)), route)
})

test('an address that makes no sense shows the models', () => {
  for (const address of ['', '#', '#/nonsense/1', '#/%E0%A4%A']) assert.is(parseRoute(address).page, 'models')
  assert.equal(parseRoute('#/model/a/-1'), { page: 'model', a: 'a', q: {} })
})

test.run()
