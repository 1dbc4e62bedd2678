import type { KernelRole } from '../hwio-census.ts'
import { isRecord } from '../json-file.ts'
import type { Placement } from '../source.ts'

// Keras: every layer is serialised as { class_name, config: { name, … } }; models hold theirs in config.layers, wrappers
// in config.layer, custom classes wherever they like.

/** A layer of a Keras configuration. */
export interface KerasLayer {
  readonly name: string
  /** "Conv2D", or a registered name such as "my_package>GatedConv2D". */
  readonly className: string
  readonly config: Readonly<Record<string, unknown>>
}

const DEEPEST = 64

/** Every layer that a Keras configuration mentions, in its order; nested models and wrapped layers included. */
function kerasLayers(configuration: unknown): KerasLayer[] {
  const found: KerasLayer[] = []
  const walk = (value: unknown, depth: number): void => {
    if (depth > DEEPEST) return
    if (Array.isArray(value)) {
      for (const item of value) walk(item, depth + 1)
      return
    }
    if (!isRecord(value)) return
    const { class_name: className, config } = value
    if (typeof className === 'string' && isRecord(config) && typeof config['name'] === 'string')
      found.push({ name: config['name'], className, config })
    for (const member of Object.values(value)) walk(member, depth + 1)
  }
  walk(configuration, 0)
  return found
}

/** Names of the layers of a configuration: true for those that are neither models nor wrappers of others. */
export function singleLayers(configuration: unknown): Map<string, boolean> {
  const around = ['layers', 'layer', 'forward_layer', 'backward_layer', 'cell']
  return new Map(
    kerasLayers(configuration).map(({ name, config }) => [name, !around.some((member) => config[member] !== undefined)]),
  )
}

/**
 * What a layer does with one of its variables ("kernel", "depthwise_kernel", "bias" …).
 * `stem` is the variable's full name without its last part, under which its bias is found.
 * @returns undefined when the class says nothing about 2-D kernels
 */
export function kernelRole(
  { name, className, config }: KerasLayer,
  variable: string,
  stem: string,
  rank: number,
): KernelRole | undefined {
  if (rank > 2 && isRecurrent(className)) return inCell(className)
  if (!/kernel|filter|weight/i.test(variable))
    return { use: 'none', kind: className, reason: `${variable} of a ${className} layer` }
  const plain = className.slice(className.lastIndexOf('>') + 1)
  const none = (reason: string): KernelRole => ({ use: 'none', kind: plain, reason })
  if (/Conv2DTranspose|Deconv(olution)?2D|TransposedConv|ConvTranspose/i.test(plain)) return none('transposed convolution')
  if (/^(Spectral|Weight)Normalization$/.test(plain)) return none('the normalised kernel of the layer that it wraps, once more')
  if (/Conv(olution)?1D/i.test(plain)) return none('1-D convolution')
  if (/Conv(olution)?3D/i.test(plain)) return none('3-D convolution')
  if (/LocallyConnected/i.test(plain)) return none('locally connected, its filters are not shared')
  if (
    /^(Dense|EinsumDense|MultiHeadAttention|GroupedQueryAttention|Embedding|LSTM|GRU|SimpleRNN|BatchNormalization)$/.test(plain)
  )
    return none(`${rank}-D tensor of a ${plain} layer`)
  const where = { node: name, ...placementOf(config), ...biasOf(plain, config, variable, stem) }
  if (/depthwise/i.test(variable) || (/DepthwiseConv2D/i.test(plain) && !isPointwise(variable)))
    return { use: 'depthwise', ...where }
  if (isPointwise(variable)) return { use: 'convolution', node: name, ...biasOf(plain, config, variable, stem) }
  if (
    /^(Conv2D|Convolution2D|SeparableConv2D|SeparableConvolution2D)$/.test(plain) ||
    (/Conv(olution)?2D/i.test(plain) && variable === 'kernel')
  ) {
    const groups = typeof config['groups'] === 'number' && config['groups'] >= 1 ? config['groups'] : 1
    return { use: 'convolution', groups, ...where }
  }
  return undefined
}

/** A separable layer's bias comes after its pointwise kernel, so its depthwise kernel has none. */
function biasOf(className: string, config: Readonly<Record<string, unknown>>, variable: string, stem: string): { bias?: string } {
  const isPair = isSeparable(className) || 'pointwise_initializer' in config
  return config['use_bias'] === false || (isPair && /depthwise/i.test(variable)) ? {} : { bias: `${stem}bias` }
}

function placementOf(config: Readonly<Record<string, unknown>>): { placement?: Placement } {
  const strides = pair(config['strides'])
  const dilations = pair(config['dilation_rate'] ?? 1)
  const pads = config['padding'] === 'same' ? 'same_upper' : config['padding'] === 'valid' ? ([0, 0, 0, 0] as const) : undefined
  return strides && dilations && pads ? { placement: { strides, dilations, pads } } : {}
}

function pair(value: unknown): readonly [number, number] | undefined {
  const [a, b] = Array.isArray(value) ? value : [value, value]
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) && a >= 1 && b >= 1 ? [a, b] : undefined
}

/** The class that a Keras 3 group is named after ("separable_conv2d_1"), where it is one with 2-D kernels. */
export function classOfGroup(name: string): string | undefined {
  return CLASSES.get(name.replace(/_\d+$/, ''))
}

/** A layer of two kernels, the pointwise one behind the depthwise one. */
export function isSeparable(className: string): boolean {
  return /Separable/i.test(className)
}

/** The kernel of a separable layer that takes what its depthwise one gives. */
export function isPointwise(variable: string): boolean {
  return /pointwise/i.test(variable.slice(variable.lastIndexOf('/') + 1))
}

/** A layer that convolves inside a recurrent cell. */
export function isRecurrent(className: string): boolean {
  return /Conv(LSTM|GRU|RNN)/i.test(className)
}

/** What a Keras 3 layer calls its variables, which the file only numbers. */
export function variableNames(className: string): readonly string[] {
  if (isSeparable(className)) return ['depthwise_kernel', 'pointwise_kernel', 'bias']
  return ['kernel', 'bias']
}

const CLASSES = new Map(
  [
    'Conv1D',
    'Conv2D',
    'Conv3D',
    'DepthwiseConv1D',
    'DepthwiseConv2D',
    'SeparableConv1D',
    'SeparableConv2D',
    'Conv1DTranspose',
    'Conv2DTranspose',
  ]
    .concat([
      'Conv3DTranspose',
      'ConvLSTM1D',
      'ConvLSTM2D',
      'ConvLSTM3D',
      'Dense',
      'EinsumDense',
      'Embedding',
      'BatchNormalization',
      'LSTM',
      'GRU',
      'SpectralNormalization',
      'ConvLSTMCell',
    ])
    .map((name) => [snakeCase(name), name]),
)

/** "SeparableConv2D" as Keras 3 names its groups: "separable_conv2d". */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

/** The layers of a configuration by the names under which variables are stored. */
export function variableRoles(configuration: unknown): (variableName: string, rank: number) => KernelRole | undefined {
  const byName = new Map<string, KerasLayer>()
  for (const layer of kerasLayers(configuration)) if (!byName.has(layer.name)) byName.set(layer.name, layer)
  return (variableName, rank) => {
    if (rank < 3) return undefined
    const slash = variableName.lastIndexOf('/')
    if (slash < 0) return undefined
    const variable = variableName.slice(slash + 1).replace(/:\d+$/, '')
    const path = variableName.slice(0, slash)
    // "conv1/kernel", "model/conv1/kernel"; a layer whose own name has slashes comes first.
    const layer = byName.get(path) ?? byName.get(path.slice(path.lastIndexOf('/') + 1))
    const cell = path.split('/').find((part) => isRecurrent(byName.get(part)?.className ?? '')) ?? recurrentPart(path)
    if (cell !== undefined) return inCell(byName.get(cell)?.className ?? cell)
    return layer && kernelRole(layer, variable, variableName.slice(0, slash + 1), rank)
  }
}

/** The part of a variable's name that speaks of a layer that convolves inside a recurrent cell: "conv_lstm2d". */
export function recurrentPart(name: string): string | undefined {
  return name.split('/').find((part) => isRecurrent(part.replaceAll('_', '')))
}

/** What is said of a kernel of such a layer: its steps share it, gate by gate. */
export function inCell(kind: string): Extract<KernelRole, { use: 'none' }> {
  return { use: 'none', kind, reason: 'convolution inside a recurrent cell' }
}
