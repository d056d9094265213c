/** Optimisers, schedules, early stopping. */
export type { AdamConfig, DecayRule, OptimiserConfig, SgdConfig } from './config.ts';
export { EarlyStopping, type EarlyStoppingConfig, type EarlyStoppingState } from './early-stopping.ts';
export { createOptimiser, type MomentName, Optimiser, type OptimiserSnapshot, type ParameterGroup } from './optimiser.ts';
export { learningRate, type ScheduleConfig } from './schedules.ts';
