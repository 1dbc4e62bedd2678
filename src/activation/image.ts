import { convertIndexedToRgb, type DecodedPng, decode as decodePng } from 'fast-png'
import { decode as decodeJpeg } from 'jpeg-js'
import { InputError } from '../errors.ts'
import { memoryAccess } from '../io/random-access.ts'
import { looksLikeNpy, npyStrides, readNpy } from '../sources/numpy/npy.ts'
import type { WasmInstance } from '../wasm/module.ts'
import type { Planes } from './convolution.ts'
import { plainPng } from './png.ts'
import { readValues } from './read-values.ts'

/** An image as (channel, row, column), 1 or 3 channels (or what an array has). Pixels are in 0 … 1. */
export interface Image extends Planes {
  readonly name: string
}

const MOST_PIXELS = 16_777_216

/**
 * Reads an image by its bytes: PNG (any bit depth, palettes, grey), JPEG, or a .npy array of (rows, columns),
 * (rows, columns, channels), (channels, rows, columns), with or without a leading 1. Pixels of 8 or 16 bits are divided by
 * 255 or 65,535; an array of floats is taken as it is. Transparency is dropped. JPEG is decoded here, up to 5 levels off
 * other decoders: for exact work use PNG.
 * @throws InputError
 */
export async function readImage(wasm: WasmInstance, name: string, bytes: Uint8Array): Promise<Image> {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return { name, ...pngPlanes(name, bytes) }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { name, ...jpegPlanes(name, bytes) }
  if (looksLikeNpy(bytes)) return { name, ...(await npyPlanes(wasm, name, bytes)) }
  throw new InputError(name, 'is no image that can be read: PNG, JPEG and NumPy arrays (.npy) can')
}

function pngPlanes(name: string, bytes: Uint8Array): Planes {
  let png: DecodedPng
  try {
    png = decodePng(plainPng(name, bytes, requireSize))
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(
      name,
      `is a damaged PNG: ${error instanceof RangeError ? 'it ends too soon' : (error as Error).message}`,
      { cause: error },
    )
  }
  const { width, height, depth } = png
  const pixels = width * height
  if (png.palette) {
    const rgb = convertIndexedToRgb(png)
    return interleaved(rgb, rgb.length / pixels, 3, width, height, 255)
  }
  if (depth < 8) return interleaved(unpack(png.data, width, height, depth), 1, 1, width, height, (1 << depth) - 1)
  return interleaved(png.data, png.channels, png.channels >= 3 ? 3 : 1, width, height, depth === 16 ? 65535 : 255)
}

function jpegPlanes(name: string, bytes: Uint8Array): Planes {
  try {
    const { data, width, height } = decodeJpeg(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      maxMemoryUsageInMB: 512,
    })
    return interleaved(data, 3, 3, width, height, 255)
  } catch (error) {
    throw new InputError(name, `is a JPEG that cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

async function npyPlanes(wasm: WasmInstance, name: string, bytes: Uint8Array): Promise<Planes> {
  const access = memoryAccess(name, bytes)
  const array = await readNpy(access)
  const shape = array.shape[0] === 1 && array.shape.length === 4 ? array.shape.slice(1) : array.shape
  const strides = npyStrides(array).slice(array.shape.length - shape.length)
  const axes = axesOf(shape)
  if (!axes)
    throw new InputError(
      name,
      `has the shape ${array.shape.join('×')}; an image is rows×columns, rows×columns×channels or channels×rows×columns`,
    )
  const size = (axis: number) => (axis < 0 ? 1 : shape[axis]!)
  const [channels, height, width] = axes.map(size) as [number, number, number]
  requireSize(name, width, height)
  const step = (axis: number) => (axis < 0 ? 1 : strides[axis]!)
  const order = [step(axes[0]), step(axes[1]), step(axes[2])] as const
  if ('unsupported' in array.stored) {
    if (!array.stored.unsupported.endsWith('u1'))
      throw new InputError(name, `holds ${array.stored.unsupported}; save it as uint8 or float32`)
    const start = access.byteLength - channels * height * width
    const values = new Float32Array(channels * height * width)
    for (let c = 0, at = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) values[at++] = bytes[start + c * order[0] + y * order[1] + x * order[2]]! / 255
    return { channels, height, width, values }
  }
  const values = await readValues(wasm, { ...array.stored, strides: [0, ...order] }, [1, channels, height, width])
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) {
    const [row, column] = [Math.floor(bad / width) % height, bad % width]
    throw new InputError(name, `holds ${values[bad]} in row ${row}, column ${column}; an image is of finite numbers`)
  }
  return { channels, height, width, values }
}

/** Which axis holds channels (-1: none), rows, columns. */
function axesOf(shape: readonly number[]): readonly [number, number, number] | undefined {
  const few = (n: number | undefined) => n === 1 || n === 3
  if (shape.length === 2) return [-1, 0, 1]
  if (shape.length !== 3) return undefined
  if (few(shape[2]) && !few(shape[0])) return [2, 0, 1]
  return [0, 1, 2]
}

function interleaved(
  data: ArrayLike<number>,
  stored: number,
  channels: number,
  width: number,
  height: number,
  full: number,
): Planes {
  const values = new Float32Array(channels * width * height)
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < width * height; p++) values[c * width * height + p] = data[p * stored + c]! / full
  return { channels, height, width, values }
}

/** Samples of 1, 2 or 4 bits; each row begins with a byte of its own. */
function unpack(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const samples = new Uint8Array(width * height)
  const rowBytes = Math.ceil((width * depth) / 8)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      samples[y * width + x] = (data[y * rowBytes + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1)
    }
  return samples
}

function requireSize(name: string, width: number, height: number): void {
  if (width < 1 || height < 1 || width * height > MOST_PIXELS)
    throw new InputError(name, `has ${width}×${height} pixels; up to ${MOST_PIXELS} are taken`)
}
