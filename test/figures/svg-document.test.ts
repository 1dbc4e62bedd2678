import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coordinate, element, escapeXml, SvgDocument } from '../../src/figures/svg-document.ts'

test('lengths have at most two decimals; colours and texts keep their digits', () => {
  const node = element('path', { d: 'M1.23456,-0.001L1e-7,2.5', stroke: '#e6e9ed', 'stroke-width': 1.005 })
  assert.is(node.serialise(), '<path d="M1.23,0L0,2.5" stroke="#e6e9ed" stroke-width="1"/>')
  assert.is(coordinate(-0.004), '0')
  assert.is(coordinate(100), '100')
  assert.is(coordinate(0.1 + 0.2), '0.3')
})

test('text and attributes are escaped; what XML forbids is replaced', () => {
  assert.is(escapeXml(`<a b="c" d='e'>&`), '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;')
  assert.is(escapeXml('a\u0000b\u001bc\ud800d\u202ee\tf\n'), 'a\ufffdb\ufffdc\ufffdd\ufffde\tf\n')
  assert.is(escapeXml('Größe 10 µm 😀'), 'Größe 10 µm 😀')
  assert.is(element('text', { id: '"' }, '<').serialise(), '<text id="&quot;">&lt;</text>')
})

test('nodes move, siblings are found, text is replaced', () => {
  const document = new SvgDocument()
  const parent = document.createElement('g')
  const [a, b] = [document.createElement('a'), document.createElement('b')]
  parent.append(a, b)
  assert.is(a.nextSibling, b)
  parent.insertBefore(b, a)
  assert.is(parent.serialise(), '<g><b/><a/></g>')
  a.textContent = 'x'
  a.textContent = 'y'
  assert.is(parent.textContent, 'y')
  a.style.setProperty('fill', 'red')
  a.style.setProperty('stroke', 'blue')
  assert.is(a.getAttribute('style'), 'fill:red;stroke:blue')
})

test.run()
