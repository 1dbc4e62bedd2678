/** A column in memory. null is an Arrow null where `nullable`, and an error where not. */
export type Column =
  | { readonly name: string; readonly type: 'utf8'; readonly nullable?: boolean; readonly values: readonly (string | null)[] }
  | {
      readonly name: string
      readonly type: 'int32' | 'int64' | 'float64'
      readonly nullable?: boolean
      readonly values: readonly (number | null)[]
    }
  | { readonly name: string; readonly type: 'bool'; readonly nullable?: boolean; readonly values: readonly (boolean | null)[] }
  | { readonly name: string; readonly type: 'float64_list'; readonly values: readonly Float64Array[] }
