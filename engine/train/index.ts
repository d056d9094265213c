/** Training runs: data on the device, events, evaluation, checkpoints. */
export { inBatches } from './batches.ts';
export { type Bundle, readBundle, writeBundle } from './bundle.ts';
export { type StopEarlyConfig, stopEarly } from './callbacks.ts';
export {
  type Checkpoint,
  type CheckpointMetadata,
  networkFrom,
  readCheckpoint,
  saveNetwork,
  writeCheckpoint,
} from './checkpoint.ts';
export {
  arrayData,
  type Batch,
  type ImageDataOptions,
  imageData,
  type OpenData,
  type Samples,
  type Selection,
  type TrainingData,
} from './data.ts';
export { type EvaluateOptions, type Evaluation, evaluate, evaluation, outputs } from './evaluate.ts';
export type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  EvaluationEvent,
  PhaseEvent,
  StepEvent,
  TrainerEvent,
} from './events.ts';
export type { CrossEntropyLoss, Loss, LossFunction, LossName } from './loss.ts';
export * from './metrics.ts';
export type { Trainable } from './trainable.ts';
export { Trainer } from './trainer.ts';
export type { CallbackState, Plan, TrainerCallback, TrainerConfig, TrainingRun } from './types.ts';
