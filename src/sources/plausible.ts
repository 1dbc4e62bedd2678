import { InputError } from '../errors.ts'
import type { Convolution, SourceModel } from './source.ts'

const LARGEST = 0x7fffffff // what the columns of the tables hold

/**
 * Holds what a reader took from a file against what every table and every pass takes for granted: whole numbers where something
 * is counted, groups that divide the channels, shares from 0 to 1. A file may claim anything.
 * @throws InputError that names the layer and the value
 */
export function requirePlausible(file: string, { name, opset, convolutions }: SourceModel): void {
  if (opset !== null && !isCount(opset, 0))
    throw new InputError(file, `states the opset ${opset}, which is no whole number; it is damaged`)
  for (const convolution of convolutions) {
    const problem = problemOf(convolution)
    if (problem !== undefined)
      throw new InputError(
        file,
        `layer ${convolution.layer} of ${name} ${problem}; the file is damaged, or its writer is at fault`,
      )
  }
}

function problemOf({ shape, groups, depth, conv_depth, conv_depth_norm, layer_id }: Convolution): string | undefined {
  if (!shape.every((size) => isCount(size, 1))) return `has the shape ${shape.join(' × ')}, which is no shape of a kernel`
  if (shape.reduce((product, size) => product * size, 1) > Number.MAX_SAFE_INTEGER)
    return `has more weights than can be counted (${shape.join(' × ')})`
  if (!isCount(groups, 1) || shape[0] % groups !== 0)
    return `claims ${groups} groups, which do not divide its ${shape[0]} output channels`
  if (shape[1] * groups > LARGEST)
    return `claims ${groups} groups of ${shape[1]} input channels, more channels than can be counted`
  if (!isCount(depth, 0)) return `claims the depth ${depth}, which is no whole number`
  if (!isCount(conv_depth, 0)) return `claims the depth ${conv_depth} among the convolutions, which is no whole number`
  if (conv_depth_norm !== null && !(conv_depth_norm >= 0 && conv_depth_norm <= 1))
    return `claims the depth share ${conv_depth_norm}, which is not from 0 to 1`
  if (layer_id !== undefined && !isCount(layer_id, 0)) return `claims the layer id ${layer_id}, which is no whole number`
  return undefined
}

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= LARGEST
}
