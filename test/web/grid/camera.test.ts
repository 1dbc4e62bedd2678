import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Camera } from '../../../src/web/grid/camera.ts'
import { cellBox } from '../../../src/web/grid/draw.ts'
import { keyAction, nextPlace } from '../../../src/web/grid/keys.ts'
import { listenToPointer } from '../../../src/web/grid/pointer.ts'

const FILTERS = 10_000

function camera(): Camera {
  const made = new Camera()
  made.arrange(FILTERS, 100, true, { width: 800, height: 400 }, 2)
  return made
}

/** Whether the filter at a place is seen whole. */
function isSeen(at: Camera, place: number): boolean {
  const { x, y, side } = cellBox(at.view, at.extent, place)
  return x >= 0 && y >= 0 && x + side <= at.area.width && y + side <= at.area.height
}

test('a new arrangement is seen whole; zooming in and showing all again undo each other', () => {
  const at = camera()
  assert.not(at.isZoomed)
  assert.ok(isSeen(at, 0) && isSeen(at, FILTERS - 1))
  const before = at.view
  at.zoomBy(8)
  assert.ok(at.isZoomed)
  assert.not(isSeen(at, 0))
  at.showAll()
  assert.equal(at.view, before)
})

test('a filter is gone to so close that it can be looked at, and only brought in when it is not seen', () => {
  const at = camera()
  at.goTo(4321)
  assert.is(at.view.size, 120, '60 CSS pixels')
  assert.is(at.placeAt(FILTERS, { x: 400, y: 200 }), 4321)
  const before = at.view
  at.bringIn(4321)
  assert.equal(at.view, before)
  at.bringIn(0)
  assert.ok(isSeen(at, 0))
  assert.is(at.view.size, 120)
})

test('what keys do, and that others are left to the page', () => {
  const key = (key: string, shiftKey = false) => keyAction({ key, shiftKey })
  assert.equal(key('ArrowUp'), { kind: 'pick', columns: 0, rows: -1 })
  assert.equal(key('ArrowRight', true), { kind: 'pan', columns: 1, rows: 0 })
  assert.equal(key('='), key('+'))
  assert.equal(key('-'), { kind: 'zoom', factor: 1 / 1.5 })
  assert.equal(key('0'), { kind: 'all' })
  for (const other of ['Tab', 'Enter', 'constructor', '1']) assert.is(key(other), undefined)
})

test('arrow keys begin at the first filter and stop at the edges of the layer', () => {
  const down = { columns: 0, rows: 1 }
  assert.is(nextPlace(-1, down, 10, 25), 0)
  assert.is(nextPlace(4, down, 10, 25), 14)
  assert.is(nextPlace(17, down, 10, 25), undefined)
  assert.is(nextPlace(0, { columns: -1, rows: 0 }, 10, 25), undefined)
})

/** A canvas at (100, 50) that hands events to its listeners. */
function canvas() {
  const listeners = new Map<string, (event: unknown) => void>()
  const element = {
    getBoundingClientRect: () => ({ left: 100, top: 50 }),
    setPointerCapture: () => undefined,
    matches: () => false,
    addEventListener: (kind: string, listener: (event: unknown) => void) => void listeners.set(kind, listener),
    removeEventListener: (kind: string, listener: unknown) => listeners.get(kind) === listener && listeners.delete(kind),
  } as unknown as HTMLElement
  const told: unknown[] = []
  const end = listenToPointer(
    element,
    { ratio: 2 },
    {
      zoomBy: (factor, at) => void told.push(['zoom', factor, at.x, at.y]),
      panBy: (dx, dy) => void told.push(['pan', dx, dy]),
      point: ({ x, y }) => void told.push(['point', x, y]),
    },
  )
  const fire = (kind: string, pointerId: number, clientX: number, clientY: number, more = {}) =>
    listeners.get(kind)!({ pointerId, clientX, clientY, preventDefault: () => undefined, ...more })
  return { fire, told, end, listeners }
}

test('a pointer that is not held down points, one that is pans, in device pixels', () => {
  const { fire, told } = canvas()
  fire('pointermove', 1, 110, 60)
  fire('pointerdown', 1, 110, 60)
  fire('pointermove', 1, 115, 58)
  fire('pointerup', 1, 115, 58)
  fire('pointermove', 1, 120, 60)
  assert.equal(told, [
    ['point', 20, 20],
    ['pan', 10, -4],
    ['point', 40, 20],
  ])
})

test('two fingers zoom around their middle and pan with it', () => {
  const { fire, told } = canvas()
  fire('pointerdown', 1, 100, 50)
  fire('pointerdown', 2, 110, 50)
  fire('pointermove', 2, 120, 50)
  assert.equal(told, [
    ['zoom', 2, 20, 0],
    ['pan', 10, 0],
  ])
})

test('the wheel zooms by a bounded step, lines counted as pixels; both ways undo each other', () => {
  const { fire, told } = canvas()
  const wheel = (deltaY: number, deltaMode = 0, ctrlKey = true) => fire('wheel', 0, 100, 50, { deltaY, deltaMode, ctrlKey })
  wheel(-125, 0, false) // nobody has turned to the grid: the page scrolls
  for (const [delta, mode] of [[-125], [125], [-10_000], [-3, 1]] as const) wheel(delta, mode)
  assert.equal(
    told.map((step) => (step as number[])[1]),
    [1.5, 1 / 1.5, 1.8, 1 + 48 / 250],
  )
})

test('nothing is heard after the end', () => {
  const { listeners, end } = canvas()
  assert.is(listeners.size, 7)
  end()
  assert.is(listeners.size, 0)
})

test.run()
