/** Networks from definitions. */
export * from './architectures.ts';
export { type Border, type StateTensor, sameBorder } from './border.ts';
export type { Initialiser, LayerDefinition, LayerType, NetworkDefinition, WeightInitialiser } from './definition.ts';
export type { FieldKind, Fields } from './fields.ts';
export { type FoldedNetwork, foldBatchNorm } from './fold-batch-norm.ts';
export { UNet } from './layers/unet.ts';
export { BufferSlot, type ForwardPass, LayerError, Module, ParameterSlot } from './module.ts';
export { type BuildOptions, buildNetwork, type Captured, type ForwardOptions, type LayerKey, Network } from './network.ts';
export { type LayerRegistration, registerLayer } from './registry.ts';
export type { LoadOptions, StateDict } from './state-dict.ts';
export { type LayerProblem, type LayerSummary, type Validation, validateNetwork } from './validate.ts';
