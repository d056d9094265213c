/** Where a run of many repairs stands: its steps, and what a checkpoint keeps of it. */
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import type { Repair } from './repairs.ts';

/** A seed's layer selection. */
export interface Selected {
  readonly seed: number;
  /** Null: the output layer. */
  readonly target: string | number | null;
  /** Layers are added from the input on, or taken from the end. */
  readonly direction: 'forward' | 'backward';
}

/** What need not be done again. */
export interface Finished {
  step: number;
  readonly repairs: Repair[];
  readonly layers: Selected[];
}

/** As the text of a safetensors file without tensors: every repair is made anew from its seed, so that weights need not be kept. */
export const toCheckpoint = (finished: Finished): Uint8Array => writeSafetensors([], { mode: JSON.stringify(finished) });

/** @throws Error where the file is of another lab */
export function fromCheckpoint(bytes: Uint8Array): Finished {
  const { mode } = readSafetensors(bytes).metadata;
  if (mode === undefined) throw new Error('This file holds no repairs of this lab.');
  return JSON.parse(mode) as Finished;
}

/** Counts the steps of all trainings together; `total` shrinks where repairs stop early. */
export class Steps {
  done: number;
  total = 0;
  constructor(done: number) {
    this.done = done;
  }
  next(loss: number): PlainEvent {
    this.done++;
    return { type: 'step', step: this.done, total: Math.max(this.total, this.done), loss };
  }
}
