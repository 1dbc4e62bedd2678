/**
 * Names of the arguments that TorchScript's code gives by their place (aten/src/ATen/native/native_functions.yaml), of operators that
 * weights are computed by. Of several overloads the one that its printer writes for tensors.
 */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  mul: ['self', 'other'],
  div: ['self', 'other'],
  add: ['self', 'other', 'alpha'],
  sub: ['self', 'other', 'alpha'],
  rsub: ['self', 'other', 'alpha'],
  maximum: ['self', 'other'],
  minimum: ['self', 'other'],
  gt: ['self', 'other'],
  ge: ['self', 'other'],
  lt: ['self', 'other'],
  le: ['self', 'other'],
  eq: ['self', 'other'],
  ne: ['self', 'other'],
  where: ['condition', 'self', 'other'],
  pow: ['self', 'exponent'],
  clamp: ['self', 'min', 'max'],
  clamp_min: ['self', 'min'],
  clamp_max: ['self', 'max'],
  sum: ['self', 'dim', 'keepdim'],
  mean: ['self', 'dim', 'keepdim'],
  amax: ['self', 'dim', 'keepdim'],
  amin: ['self', 'dim', 'keepdim'],
  var: ['self', 'dim', 'unbiased', 'keepdim'],
  std: ['self', 'dim', 'unbiased', 'keepdim'],
  var_mean: ['self', 'dim', 'unbiased', 'keepdim'],
  linalg_vector_norm: ['self', 'ord', 'dim', 'keepdim'],
  norm: ['self', 'p', 'dim', 'keepdim'],
  frobenius_norm: ['self', 'dim', 'keepdim'],
  _weight_norm: ['v', 'g', 'dim'],
  _weight_norm_interface: ['v', 'g', 'dim'],
  batch_norm: ['input', 'weight', 'bias', 'running_mean', 'running_var', 'training', 'momentum', 'eps'],
  mv: ['self', 'vec'],
  mm: ['self', 'mat2'],
  bmm: ['self', 'mat2'],
  matmul: ['self', 'other'],
  dot: ['self', 'tensor'],
  vdot: ['self', 'other'],
  view: ['self', 'size'],
  reshape: ['self', 'shape'],
  _unsafe_view: ['self', 'size'],
  reshape_as: ['self', 'other'],
  view_as: ['self', 'other'],
  expand_as: ['self', 'other'],
  type_as: ['self', 'other'],
  flatten: ['self', 'start_dim', 'end_dim'],
  unsqueeze: ['self', 'dim'],
  squeeze: ['self', 'dim'],
  expand: ['self', 'size'],
  permute: ['self', 'dims'],
  transpose: ['self', 'dim0', 'dim1'],
  slice: ['self', 'dim', 'start', 'end', 'step'],
  select: ['self', 'dim', 'index'],
  cat: ['tensors', 'dim'],
  concat: ['tensors', 'dim'],
  pad: ['self', 'pad', 'mode', 'value'],
  constant_pad_nd: ['self', 'pad', 'value'],
  to: ['self', 'dtype'],
}
/** Operators that give a tensor and tell whether it is biased in place of the axes. */
const UNBIASED_SECOND = new Set(['var', 'std', 'var_mean'])
const ONE_TENSOR = ['self']

/** What the arguments of an operator are called; `isFlag`: whether the second one is a truth. */
export function signatureOf(operator: string, isFlag: boolean): readonly string[] {
  if (isFlag && UNBIASED_SECOND.has(operator)) return ['self', 'unbiased']
  return (Object.hasOwn(SIGNATURES, operator) && SIGNATURES[operator]) || ONE_TENSOR
}

/** torch.Tensor.to takes the numbers of c10::ScalarType, a program of torch.export its own. */
export const EXPORTED_TYPES: Readonly<Record<number, number>> = { 0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 11: 12, 15: 13 }
