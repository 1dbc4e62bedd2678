import { encode } from 'fast-png'
import { element, type SvgNode } from './svg-document.ts'

/** A pixel picture, three bytes a pixel. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** Pixels on a side to which a small picture is enlarged, so that no viewer blurs it, and beyond which a large one is reduced. */
const SIDE = 128

/** A picture as an image element of the given box; pixels stay sharp squares. */
export function drawPicture(picture: Picture, x: number, y: number, width: number, height: number): SvgNode {
  const scaled = resample(picture)
  const png = encode({ width: scaled.width, height: scaled.height, data: scaled.rgb, channels: 3, depth: 8 })
  return element('image', {
    x,
    y,
    width,
    height,
    preserveAspectRatio: 'xMidYMid meet',
    href: `data:image/png;base64,${base64(png)}`,
  })
}

/** Nearest pixel when enlarged (by a whole factor), mean of the pixels when reduced (by a whole factor). */
function resample({ width, height, rgb }: Picture): Picture {
  const longest = Math.max(width, height)
  if (longest > SIDE) return reduce({ width, height, rgb }, Math.ceil(longest / SIDE))
  const factor = Math.max(1, Math.floor(SIDE / longest))
  const out = new Uint8Array(3 * width * factor * height * factor)
  let at = 0
  for (let y = 0; y < height * factor; y++)
    for (let x = 0; x < width * factor; x++) {
      const from = 3 * (Math.floor(y / factor) * width + Math.floor(x / factor))
      for (let c = 0; c < 3; c++) out[at++] = rgb[from + c]!
    }
  return { width: width * factor, height: height * factor, rgb: out }
}

function reduce({ width, height, rgb }: Picture, factor: number): Picture {
  const w = Math.ceil(width / factor)
  const h = Math.ceil(height / factor)
  const out = new Uint8Array(3 * w * h)
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0
        let n = 0
        for (let v = y * factor; v < Math.min(height, (y + 1) * factor); v++)
          for (let u = x * factor; u < Math.min(width, (x + 1) * factor); u++) {
            sum += rgb[3 * (v * width + u) + c]!
            n++
          }
        out[3 * (y * w + x) + c] = Math.round(sum / n)
      }
  return { width: w, height: h, rgb: out }
}

/** Base 64 of bytes, in Node and browsers. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
