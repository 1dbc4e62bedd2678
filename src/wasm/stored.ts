/**
 * How a stored number is widened to float32. float64 is narrowed. Of the eight-bit floats, e4m3fn and e5m2 are the Open Compute
 * Project's (OCP 8-bit Floating Point Specification, revision 1.0), the fnuz forms Graphcore's and AMD's.
 */
export type StoredType =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
