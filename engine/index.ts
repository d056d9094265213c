/**
 * Chalkgrad: automatic differentiation in TypeScript on hand-written WGSL kernels.
 *
 * `await init()` opens a device; tensors, operations and networks follow PyTorch's names. Activations are [N, H, W, C].
 */
export {
  backward,
  type CustomGradientSpec,
  customGradient,
  defineOperation,
  type GradientContext,
  type GradientHook,
  type GradientOverrides,
  type GradOptions,
  grad,
  noGrad,
  type Operation,
  type OperationSpec,
  onGradient,
  withGradients,
} from './autodiff.ts';
export * from './data/index.ts';
export type { Device, DeviceInfo, MemoryInfo } from './device/device.ts';
export { type DeviceChoice, init, openDevice } from './device/init.ts';
export type { Recording, RecordingDevice } from './device/recording-device.ts';
export * from './device/tuning/index.ts';
export * from './errors.ts';
export * from './explain/index.ts';
export { type GradCheckOptions, type GradCheckResult, gradCheck } from './grad-check.ts';
export { keep, memory, scope } from './memory.ts';
export * from './nn/index.ts';
export * from './ops/index.ts';
export * from './optim/index.ts';
export { Generator, type GeneratorState } from './random.ts';
export * from './repair/index.ts';
export {
  type DType,
  full,
  getDevice,
  type NestedNumbers,
  ones,
  type Shape,
  setDevice,
  Tensor,
  tensor,
  zeros,
} from './tensor.ts';
export * from './train/index.ts';
