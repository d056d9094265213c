/** What an experiment tells its reader while it runs. Structured-cloneable; typed arrays may be transferred. */
import type { Names } from './contract.ts';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int16Array
  | Uint8Array
  | Int8Array
  | Uint8ClampedArray;
export type Cell = string | number | boolean | null;

/** What is being done: `download`, `decode`, `compile shaders`, `train`, `evaluate`, … */
export interface PhaseEvent {
  readonly type: 'phase';
  readonly name: string;
  /** 0 … 1; absent where it is not known. */
  readonly progress?: number;
  readonly detail?: string;
}

/** One step of the method is done. Pausing and stepping act here: yield exactly one per step, after its other events. */
export interface StepEvent {
  readonly type: 'step';
  /** 1-based. */
  readonly step: number;
  /** Where known: for the progress and the remaining time. */
  readonly total?: number;
  readonly epoch?: number;
  readonly loss?: number;
}

/** Points of curves. `chart` groups series that share axes; the default is `loss`. */
export interface MetricEvent {
  readonly type: 'metric';
  readonly series: string;
  readonly x: number;
  readonly y: number;
  readonly chart?: string;
}

/** A whole curve at once; replaces what the series held. */
export interface CurveEvent {
  readonly type: 'curve';
  readonly series: string;
  readonly chart?: string;
  readonly x: Float32Array | Float64Array;
  readonly y: Float32Array | Float64Array;
  /** Half width of a band around y, for example one standard deviation. */
  readonly band?: Float32Array | Float64Array;
}

/** A tensor to look at; the newest of a name stands. `map`: diverging for signed values, sequential for magnitudes. */
export interface TensorEvent {
  readonly type: 'tensor';
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TypedArray;
  readonly map?: 'diverging' | 'sequential' | 'gray' | 'rgb';
  readonly caption?: string;
}

/** Images to look at, shape [n, height, width, channels], channels 1 or 3; bytes 0 … 255 or floats 0 … 1. */
export interface ImagesEvent {
  readonly type: 'images';
  readonly name: string;
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
  readonly captions?: readonly string[];
  readonly labels?: readonly number[];
}

/** A row of a table; a row with the `id` of an earlier one replaces it. */
export interface RowEvent {
  readonly type: 'row';
  readonly table: string;
  readonly id?: string;
  readonly row: Readonly<Record<string, Cell>>;
}

/** Anything a lab's own figure needs; the newest of a name stands. Names and types are the contract's. */
export interface DataEvent {
  readonly type: 'data';
  readonly name: string;
  readonly value: unknown;
}

/** The `data` events of a contract: each name with its own type of value. */
export type DataEventOf<D> = {
  [K in Names<D>]: { readonly type: 'data'; readonly name: K; readonly value: D[K] };
}[Names<D>];

/** A sentence for the reader. `warning` and `note` stay visible, `status` is replaced by the next. */
export interface StatusEvent {
  readonly type: 'status';
  readonly message: string;
  readonly level?: 'status' | 'note' | 'warning';
}

/** All that is needed to go on: weights, optimiser, step, random state. Kept as the last known good state. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly name: string;
  readonly step: number;
  readonly bytes: Uint8Array;
}

/** The run is over. Added by the runtime from what `run` returns. */
export interface ResultEvent {
  readonly type: 'result';
  readonly value: unknown;
}

export type LabEvent =
  | PhaseEvent
  | StepEvent
  | MetricEvent
  | CurveEvent
  | TensorEvent
  | ImagesEvent
  | RowEvent
  | DataEvent
  | StatusEvent
  | CheckpointEvent
  | ResultEvent;

/** What any experiment may yield: all but `data`, whose names belong to a lab, and the result, which `run` returns. */
export type PlainEvent = Exclude<LabEvent, ResultEvent | DataEvent>;

/** What `run` yields. @typeParam D the data of the lab's contract; without it: what any lab may yield */
export type ExperimentEvent<D = Record<never, never>> = PlainEvent | DataEventOf<D>;
