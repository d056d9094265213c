/** What a lab's experiment is: plain TypeScript that runs in a worker, on the main thread, in Node and in tests. No DOM. */
import type { DataSource } from '../../engine/data/source.ts';
import type { DeviceInfo as EngineDevice } from '../../engine/device/device.ts';
import type { DeviceChoice } from '../../engine/device/init.ts';
import type { TuneMode } from '../../engine/device/tuning/tune.ts';
import type { Answer, Asked, Contract, DataOf, Names, RequestsOf, ResultOf } from './contract.ts';
import type { ExperimentEvent, LabEvent, ResultEvent } from './events.ts';
import type { Parts } from './parts.ts';
import type { ConfigOf, Schema } from './schema.ts';

export type { ExperimentEvent, LabEvent, PlainEvent } from './events.ts';
export type { TuneMode };

/** The device that a run computes on, as the reader sees it. */
export interface DeviceInfo {
  readonly kind: EngineDevice['kind'];
  /** Adapter name, for example `SwiftShader` or `reference loops`. */
  readonly name: string;
  /** True where no GPU takes part; always named in the page and in results. */
  readonly software: boolean;
  /** Why no faster device was taken, in sentences for the reader; absent where none was passed over. */
  readonly passedOver?: readonly string[];
}

export type DevicePreference = DeviceChoice;

/** Answers what a reader asks of a run: a prediction for a drawing, an attribution for a picked image, a verification. */
export type RequestHandler = (payload?: unknown) => unknown | Promise<unknown>;

/** A file of the reader's: its bytes, or one that is read when it is needed and piece by piece, as archives are. */
export type GivenFile = Uint8Array | Blob;
export type GivenFiles = ReadonlyMap<string, GivenFile>;

/** What a run stands on, without the questions: what parts that labs share are given. */
export interface RunContext<Config = Readonly<Record<string, unknown>>> {
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
  readonly files: GivenFiles;
  /** Called when the run is thrown away (reset, stop, navigation): release what outlives `run`. */
  onDispose(callback: () => void): void;
  /** For the developer's console and the command line. */
  log(message: string): void;
}

/**
 * What a run stands on.
 * @typeParam Config the record of the schema: `ConfigOf<typeof schema>`
 * @typeParam C the lab's contract
 */
export interface Context<Config = Readonly<Record<string, unknown>>, C extends Contract = Contract> extends RunContext<Config> {
  /**
   * Answers requests from the page. Handlers run between steps, never during one, and stay available after `run` has
   * returned, until the run is thrown away.
   */
  serve<K extends Names<RequestsOf<C>>>(
    name: K,
    handler: (...payload: Asked<RequestsOf<C>[K]>) => Answer<RequestsOf<C>[K]> | Promise<Answer<RequestsOf<C>[K]>>,
  ): void;
}

/** A setting of the lab that is worth a name. */
export interface Preset<S extends Schema = Schema> {
  /** What differs from the schema's defaults. */
  readonly values: Partial<ConfigOf<S>>;
  /** Its name in the list; default: its key. */
  readonly label?: string;
  /** One sentence: what it shows. */
  readonly shows?: string;
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
  /** `quick` is what the page opens with; `full` is the source's recipe. */
  readonly presets: { readonly quick: Preset<S>; readonly full: Preset<S> } & Readonly<Record<string, Preset<S>>>;
  /**
   * `any`: runs live on the reference device where WebGPU is missing. `webgpu`: shows its recorded run there. `small`: each step is so
   * little work that the reference device beats the cost of launching kernels, so `auto` runs there.
   */
  readonly device: 'any' | 'webgpu' | 'small';
  /** Name of the checkpoint events from which a run goes on as if it had not been interrupted; absent: its runs are made in one piece. */
  readonly resumes?: string;
  /** What a run from the command line has besides its preset, unless it is set: nobody waits for it at a screen. */
  readonly commandLine?: Partial<ConfigOf<S>>;
  /** What teachers' links can hide or lock besides parameters and the parts of every lab. */
  readonly parts?: Parts;
}

/**
 * A lab's method. `run` is pulled by its consumer: not pulling is pausing, `return()` is stopping. Work between two yields
 * should stay below some 100 ms, so that pausing feels immediate. Clean up in `finally`.
 * @typeParam S the schema
 * @typeParam C what run and page say to each other
 */
export interface Experiment<S extends Schema = Schema, C extends Contract = Contract> extends LabDefinition<S> {
  run(config: ConfigOf<S>, context: Context<ConfigOf<S>, C>): AsyncGenerator<ExperimentEvent<DataOf<C>>, ResultOf<C>, void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the runtime carries labs of every schema
export type AnyDefinition = LabDefinition<any>;

/** An experiment as the runtime carries it, whatever its schema and contract. */
export interface AnyExperiment extends AnyDefinition {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  run(config: any, context: any): AsyncGenerator<Exclude<LabEvent, ResultEvent>, unknown, void>;
}

/** What differs from the defaults in a preset; nothing where the lab has none of that name. */
export function presetValues(definition: Pick<AnyDefinition, 'presets'>, name: string): Readonly<Record<string, unknown>> {
  return (Object.hasOwn(definition.presets, name) ? definition.presets[name]?.values : undefined) ?? {};
}

/** Identity with inference: `export const definition = defineLab({...})`. */
export function defineLab<S extends Schema>(definition: LabDefinition<S>): LabDefinition<S> {
  return definition;
}
