import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { expandLists } from '../../src/inputs/lists.ts'

const test = suite<{ root: string }>('expandLists', { root: '' })
test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'filterlens-lists-'))
})
test.after.each((context) => {
  rmSync(context.root, { recursive: true, force: true })
})

async function refused(...given: string[]): Promise<string> {
  try {
    await expandLists(given)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('nothing was refused')
}

test('a list stands for its lines, where it stands', async ({ root }) => {
  const list = join(root, 'list.txt')
  writeFileSync(list, '\ufeff# networks\r\na.onnx\r\n\r\n models/b with spaces.pth\nhf://o/n\n#c\nd*.onnx')
  assert.equal(await expandLists(['x', `@${list}`, 'y']), [
    'x',
    'a.onnx',
    ' models/b with spaces.pth',
    'hf://o/n',
    'd*.onnx',
    'y',
  ])
  writeFileSync(list, 'a\nb.onnx\0c.onnx\0')
  assert.equal(await expandLists([`@${list}`]), ['a\nb.onnx', 'c.onnx'], 'as find -print0 writes it')
})

test('what is no list is refused', async ({ root }) => {
  const at = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(root, name), content)
    return `@${join(root, name)}`
  }
  assert.match(await refused(`@${join(root, 'none')}`), /there is no such file/)
  assert.match(await refused(at('empty', '# nothing\n\n')), /names none/)
  assert.match(await refused(at('model', Uint8Array.of(0x80, 0x02, 0xff, 0xfe))), /is no UTF-8 text/)
  assert.match(await refused(at('nested', 'a\n@b\n')), /names @b, a list inside a list/)
  assert.equal(await expandLists(['@']), ['@'])
})

test.run()
