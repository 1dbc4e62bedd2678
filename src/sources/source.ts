import type { InputPart, MetaValue } from '../database/meta.ts'
import type { DepthSource } from '../database/provenance.ts'
import type { InputError } from '../errors.ts'
import type { Input, RandomAccess } from '../io/random-access.ts'
import type { Elements } from '../weights/elements.ts'
import type { ConvShape, WeightPlan } from '../weights/plan.ts'

/**
 * How a kernel is laid over its input, in pixels, where the file says so (a graph does, a checkpoint does not).
 * `pads` are zeros at top, left, bottom, right; the two words are ONNX's auto_pad, which depends on the input's size.
 */
export interface Placement {
  readonly strides: readonly [rows: number, columns: number]
  readonly dilations: readonly [rows: number, columns: number]
  readonly pads: readonly [top: number, left: number, bottom: number, right: number] | 'same_upper' | 'same_lower'
}

/** A 2-D convolution of any kernel size, as its file has it. */
export interface Convolution {
  /** The weight tensor's own name. */
  readonly layer: string
  /** The node or module that uses it, where that has a name of its own. */
  readonly node?: string
  readonly shape: ConvShape
  readonly groups: number
  /** Longest path from a model input; the position among the model's convolutions for a file without a graph. */
  readonly depth: number
  /** Rank of depth among the model's distinct convolution depths, from 0. */
  readonly conv_depth: number
  /** conv_depth / (distinct depths - 1); null when there is only one. */
  readonly conv_depth_norm: number | null
  /** Set by a file that numbers its 3×3 layers itself (dataset.h5, a filter database). */
  readonly layer_id?: number
  readonly weights: WeightPlan
  /** For the first-stage activation; absent where the file does not say. */
  readonly placement?: Placement
  /** One value per output channel; absent when there is none or the file does not say. */
  readonly bias?: WeightPlan
}

/** A tensor or node that was seen and is not measured, with the reason as a phrase: "transposed convolution", "1-D", "no constant weight". */
export interface Skipped {
  readonly name: string
  /** Operator or module kind where known: "Conv", "ConvTranspose", "Linear". */
  readonly kind: string
  readonly shape: readonly number[]
  readonly reason: string
}

/** Any tensor that a file stores, whether it is measured or not. */
export interface FileTensor {
  /** A convolution's weight has the name of its layer. */
  readonly name: string
  /** As stored. */
  readonly shape: readonly number[]
  /** The type of its numbers, as the format or filterlens calls it. */
  readonly type: string
  /** Where its numbers lie; the reason, as a phrase, when they cannot be read. @throws InputError when they are cut short */
  elements(): Promise<Elements | string>
}

/** One model found in an input. */
export interface SourceModel {
  /** The file's stem unless the file names its models. */
  readonly name: string
  /** "ONNX", "PyTorch", "safetensors" … */
  readonly format: string
  readonly producer: string | null
  readonly opset: number | null
  readonly depth_source: DepthSource
  /** By depth, then in the file's (graph) order. */
  readonly convolutions: readonly Convolution[]
  readonly skipped: readonly Skipped[]
  /** Number of tensors (or nodes with weights) examined in all, for the census. */
  readonly tensors: number
  /** Every tensor that is stored for the model, listed when it is asked for; absent where a reader lists none. */
  readonly contents?: () => Promise<readonly FileTensor[]>
  /** How often each operator stands in the graph, where the file has one and its reader counts them. */
  readonly operators?: Readonly<Record<string, number>>
  /** Columns that the file itself holds about the model (dataset.h5, a filter database). */
  readonly meta: Readonly<Record<string, MetaValue>>
  /** What a filter database recorded about the file that the model came from. */
  readonly recorded?: {
    readonly file: string
    readonly bytes: number
    readonly sha256: string | null
    readonly parts?: readonly InputPart[]
    readonly revision?: string | null
  }
  /** Of a model in a zip: the path of its file, and its family there (`LazyInput.family`). */
  readonly inside?: { readonly path: string; readonly family: string }
  /** Further files the model was read from (external data, shards), each as the input's folder opened it. */
  readonly parts: readonly RandomAccess[]
}

/** How far a training was when it saved a checkpoint; null where the file does not say. */
export interface Training {
  readonly epoch: number | null
  readonly step: number | null
}

/** An opened input. */
export interface Source {
  readonly format: string
  readonly models: readonly SourceModel[]
  /** Sentences a person should see although nothing failed: narrowed doubles, ignored duplicates. */
  readonly warnings: readonly string[]
  /** Files inside it (of a zip), as paths below the input's own, that should be models and are broken; the others are there. */
  readonly failed?: readonly { readonly file: string; readonly error: InputError }[]
  /** Of a checkpoint that says it. */
  readonly training?: Training
  close(): Promise<void>
}

/** Bytes at a file's start that a format is recognised by. */
export const HEAD_BYTES = 4096

/** A reader of one format; one file each in this folder, listed in registry.ts. */
export interface SourceFormat {
  /** "ONNX", "PyTorch" … */
  readonly name: string
  /**
   * Recognises the format by its bytes, not by its name. `head` is the file's first bytes (up to 4,096).
   * A format whose bytes are ambiguous may read a little more through `input`.
   */
  match(head: Uint8Array, input: Input): boolean | Promise<boolean>
  /** Reads headers and plans, not weights. @throws InputError */
  open(input: Input): Promise<Source>
}
