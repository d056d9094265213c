/** What a trainer tells its reader while it runs. Steps and epochs are counted from 1. */
import type { Evaluation } from './evaluate.ts';

/** What is being done: 'upload', 'compile shaders', 'tune kernels', 'train', 'evaluate'. */
export interface PhaseEvent {
  readonly type: 'phase';
  readonly name: string;
  /** 0 … 1, where it is known. */
  readonly progress?: number;
}

/** One step has been taken. */
export interface StepEvent {
  readonly type: 'step';
  readonly step: number;
  /** Steps of the whole run, as planned. */
  readonly total: number;
  readonly epoch: number;
  readonly loss: number;
  /** Learning rate of this step. */
  readonly lr: number;
}

/** An epoch is over. */
export interface EpochEvent {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly step: number;
  /** Mean loss over the samples of the epoch, each at its own step. */
  readonly loss: number;
  /** Time of the epoch's steps, without evaluation. */
  readonly seconds: number;
  /** On the validation data, where there are any and epochs are evaluated. */
  readonly validation?: Evaluation;
}

/** The validation data have been evaluated between epochs. */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  readonly validation: Evaluation;
}

/** A complete state: `Trainer.load` goes on from here as if nothing had happened. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The run is over. */
export interface DoneEvent {
  readonly type: 'done';
  readonly step: number;
  readonly epoch: number;
  /** 'finished', or what a callback gave as its reason. */
  readonly reason: string;
}

export type TrainerEvent = PhaseEvent | StepEvent | EpochEvent | EvaluationEvent | CheckpointEvent | DoneEvent;
