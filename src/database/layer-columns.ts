import { type Fields, inRange, listField, numberField, optional, type RowOf, textField } from '../arrow/fields.ts'

const reader = "the format's reader"
const atLeastOne = { low: 1, high: null }

/** What a layer is called; the layer tables of results and of filter databases begin with it. */
export const layerNameFields = {
  model: textField('the model that it belongs to', 'the run'),
  layer: textField("the weight tensor's own name", reader),
  layer_id: inRange(
    numberField('int32', 'its place among the layers of its kernel size in the model, by depth, from 0', 'the run'),
  ),
} as const satisfies Fields

/** Where a layer stands in its network, and its shape. */
export const convolutionFields = {
  depth: inRange(
    numberField(
      'int32',
      'length of the longest path from an input of the network; the order in the file where there is no graph',
      reader,
    ),
  ),
  conv_depth: inRange(
    numberField(
      'int32',
      'rank of that depth among the distinct depths that hold a convolution of any kernel size, from 0',
      reader,
    ),
  ),
  conv_depth_norm: optional(
    inRange(
      numberField(
        'float64',
        'conv_depth over the largest one of the model, 0 to 1; null where all convolutions have one depth',
        reader,
      ),
      { low: 0, high: 1 },
    ),
  ),
  in_channels: inRange(numberField('int32', 'input channels per group', reader), atLeastOne),
  out_channels: inRange(numberField('int32', 'output channels', reader), atLeastOne),
  groups: inRange(numberField('int32', 'groups of channels that are convolved apart; 1: all together', reader), atLeastOne),
} as const satisfies Fields

/** Behind all others, so that columns stand where they stood in older tables, which lack it. */
export const graphFields = {
  node: {
    ...optional(
      textField(
        'the node of its graph that uses it, by which it is shown where an exporter made its name up; null where the file names none',
        reader,
      ),
    ),
    absent: () => null,
  },
} as const satisfies Fields

/** A layer of a filter database: what it is, and which rows of filters.arrow are its filters (output channel major). */
export const databaseLayerFields = {
  ...layerNameFields,
  ...convolutionFields,
  filter_start: numberField('int64', 'row of filters.arrow at which its filters begin', 'the run'),
  filter_count: numberField('int64', 'its filters: output channels × input channels per group', reader),
  ...graphFields,
} as const satisfies Fields

/** Of `extract --sparse-column`: a column more. */
export const sparseIdsField = listField(
  'numbers of its sparse filters, from 0 (output channel · input channels per group + input channel)',
  'the run',
)

export interface DatabaseLayer extends RowOf<typeof databaseLayerFields> {}
