import * as decode from "./decode";
import * as gram from "./gram";
import * as draws from "./shift-draws";

/*
 * Constants for the callers. Those that choose between instructions are inlined where they are used, which a constant
 * that is exported itself would not be.
 */

/** `kind` of stored numbers. */
export const FLOAT32: i32 = decode.FLOAT32;
export const FLOAT16: i32 = decode.FLOAT16;
export const BFLOAT16: i32 = decode.BFLOAT16;
export const FLOAT64: i32 = decode.FLOAT64;
export const INT8: i32 = decode.INT8;
export const UINT8: i32 = decode.UINT8;
export const INT16: i32 = decode.INT16;
export const UINT16: i32 = decode.UINT16;
export const INT32: i32 = decode.INT32;
export const FLOAT8_E4M3FN: i32 = decode.FLOAT8_E4M3FN;
export const FLOAT8_E4M3FNUZ: i32 = decode.FLOAT8_E4M3FNUZ;
export const FLOAT8_E5M2: i32 = decode.FLOAT8_E5M2;
export const FLOAT8_E5M2FNUZ: i32 = decode.FLOAT8_E5M2FNUZ;

/** `kind` of packed rows. */
export const DOUBLE: i32 = gram.DOUBLE;
export const SINGLE: i32 = gram.SINGLE;
export const INTEGER: i32 = gram.INTEGER;

/** Bytes of a row of counts are a multiple of this. */
export const ROW_BYTES: i32 = <i32>draws.ROW_BYTES;
/** Draws that are summed at a time: their room is two rows each. */
export const AT_ONCE: i32 = <i32>draws.AT_ONCE;
