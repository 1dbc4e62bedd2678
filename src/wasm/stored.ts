/** How a stored number is widened to float32. float64 is narrowed. */
export type StoredType = 'float32' | 'float16' | 'bfloat16' | 'float64' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32'
