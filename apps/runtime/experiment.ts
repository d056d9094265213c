/** What a lab's experiment is: plain TypeScript that runs in a worker, on the main thread, in Node and in tests. No DOM. */

import type { DataSource } from '../../engine/data/source.ts';
import type { DeviceChoice } from '../../engine/device/init.ts';
import type { TuneMode } from '../../engine/device/tuning/tune.ts';
import type { ExperimentEvent } from './events.ts';
import type { Parts } from './parts.ts';
import type { ConfigOf, Schema } from './schema.ts';

export type { ExperimentEvent, LabEvent } from './events.ts';
export type { TuneMode };

/** The device that a run computes on, as the reader sees it. */
export interface DeviceInfo {
  /** `wasm`: the same WGSL on the processor; `cpu`: the TypeScript loops. */
  readonly kind: 'webgpu' | 'wasm' | 'cpu';
  /** Adapter name, for example `SwiftShader` or `reference loops`. */
  readonly name: string;
  /** True where no GPU takes part; always named in the page and in results. */
  readonly software: boolean;
  /** Why no faster device was taken, in sentences for the reader; absent where none was passed over. */
  readonly passedOver?: readonly string[];
}

export type DevicePreference = DeviceChoice;

/** What a reader asks of a run: a prediction for a drawing, an attribution for a picked image, a verification. */
export type RequestHandler = (payload: unknown) => unknown | Promise<unknown>;

export interface Context<Config = Readonly<Record<string, unknown>>> {
  /** The site's packs: `loadDataset('mnist', { source: context.data, signal: context.signal })`. */
  readonly data: DataSource;
  readonly device: DeviceInfo;
  /** Aborted when the run is stopped; pass it to whatever waits. */
  readonly signal: AbortSignal;
  /** The configuration with live changes applied; read it at every step for parameters that are `live`. */
  readonly live: Config;
  /** Present when a run resumes or starts from a file: bytes of an earlier checkpoint event. */
  readonly checkpoint: Uint8Array | undefined;
  /** A file the reader dropped or picked, by name (own images, a checkpoint of another lab). */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /**
   * Answers requests from the page. Handlers run between steps, never during one, and stay available after `run` has
   * returned, until the run is thrown away.
   */
  serve(name: string, handler: RequestHandler): void;
  /** Called when the run is thrown away (reset, stop, navigation): release what outlives `run`. */
  onDispose(callback: () => void): void;
  /** For the developer's console and the command line. */
  log(message: string): void;
}

/** The part of a lab that its page needs before anything is computed; keep it in `schema.ts`, free of engine imports. */
export interface LabDefinition<S extends Schema = Schema> {
  /** Directory name, URL segment and element name: `regression` gives `<chalk-lab-regression>`. */
  readonly id: string;
  readonly title: string;
  /** The question the lab answers. */
  readonly question: string;
  /** Raise it when a parameter changes its meaning; links carry it. */
  readonly version: number;
  readonly schema: S;
  /** What differs from the schema's defaults. `quick` is what the page opens with; `full` is the source's recipe. */
  readonly presets: { readonly quick: Partial<ConfigOf<S>>; readonly full: Partial<ConfigOf<S>> } & Readonly<
    Record<string, Partial<ConfigOf<S>>>
  >;
  /**
   * `any`: runs live on the reference device where WebGPU is missing. `webgpu`: shows its recorded run there. `small`: each step is so
   * little work that the reference device beats the cost of launching kernels, so `auto` runs there.
   */
  readonly device: 'any' | 'webgpu' | 'small';
  /** What teachers' links can hide or lock besides parameters and the parts of every lab. */
  readonly parts?: Parts;
}

/**
 * A lab's method. `run` is pulled by its consumer: not pulling is pausing, `return()` is stopping. Work between two yields
 * should stay below some 100 ms, so that pausing feels immediate. Clean up in `finally`.
 * @typeParam S the schema
 * @typeParam Result what `npm run lab` writes as `result`: JSON-compatible
 */
export interface Experiment<S extends Schema = Schema, Result = unknown> extends LabDefinition<S> {
  run(config: ConfigOf<S>, context: Context<ConfigOf<S>>): AsyncGenerator<ExperimentEvent, Result, void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the runtime carries experiments of every schema
export type AnyExperiment = Experiment<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyDefinition = LabDefinition<any>;

/** Identity with inference: `export const definition = defineLab({...})`. */
export function defineLab<S extends Schema>(definition: LabDefinition<S>): LabDefinition<S> {
  return definition;
}
