import type { StoredType } from '../../wasm/stored.ts'
import type { NumberType } from '../../weights/numbers.ts'

/** Types that hold one number after the other: ggml_type in ggml.h. */
export const PLAIN_TYPES: Readonly<Record<number, { readonly dtype: StoredType; readonly bytes: number }>> = {
  0: { dtype: 'float32', bytes: 4 },
  1: { dtype: 'float16', bytes: 2 },
  28: { dtype: 'float64', bytes: 8 },
  30: { dtype: 'bfloat16', bytes: 2 },
}

/** Types that hold one whole number after the other. */
export const WHOLE_TYPES: Readonly<Record<number, NumberType>> = { 24: 'int8', 25: 'int16', 26: 'int32', 27: 'int64' }

/** Types that hold blocks of whole numbers with scales. */
const BLOCKS: Readonly<Record<number, string>> = {
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
  40: 'NVFP4',
  41: 'Q1_0',
}

/** What a type that is not read is called. */
export function typeName(type: number): string {
  return WHOLE_TYPES[type] ?? (BLOCKS[type] ? `blocks of ${BLOCKS[type]} (quantised)` : `type ${type}`)
}
