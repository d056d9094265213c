/**
 * Checkpoints: one safetensors file with the weights under PyTorch's names in PyTorch's layouts, the optimiser's moments as
 * 'optimizer.exp_avg.<name>' and the like, and everything else as JSON under the metadata key 'chalkgrad'.
 */
import { arenaRange } from '../arena.ts';
import type { RecordingDevice } from '../device/recording-device.ts';
import { ConfigError, DataFormatError } from '../errors.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../io/safetensors.ts';
import { isCount, isFiniteNumber, isRecord } from '../json.ts';
import { fromPyTorch, toPyTorch } from '../nn/border.ts';
import type { NetworkDefinition } from '../nn/definition.ts';
import { buildNetwork, type Network } from '../nn/network.ts';
import { type StateDict, stateEntries } from '../nn/state-dict.ts';
import type { ResolvedConfig } from '../optim/config.ts';
import type { MomentName, Optimiser } from '../optim/optimiser.ts';
import type { GeneratorState } from '../random.ts';
import { sizeOf, type Tensor } from '../tensor.ts';
import { stepsPerEpoch } from './config.ts';
import type { Progress, TrainingSnapshot } from './snapshot.ts';
import { requireDefined, type Trainable } from './trainable.ts';
import type { TrainingRun } from './types.ts';
import { VERSION } from './version.ts';

/** What a checkpoint says besides its tensors. */
export interface CheckpointMetadata {
  readonly format: 1;
  /** Version of the engine that wrote it. */
  readonly engine: string;
  readonly definition: NetworkDefinition;
  readonly inputShape: readonly number[];
  /** Absent in a file with a network only. */
  readonly training?: {
    readonly progress: Progress;
    readonly optimiser: {
      readonly config: ResolvedConfig;
      /** The most steps that a parameter has taken. */
      readonly steps: number;
      /** By the parameters' names, where some were frozen and have taken fewer. */
      readonly parameterSteps?: Readonly<Record<string, number>>;
    };
    /** η₀. */
    readonly lr: number;
    readonly random: { readonly dropout: GeneratorState; readonly transform: GeneratorState };
    readonly order: { readonly seed: number; readonly shuffle: boolean; readonly batchSize: number; readonly dropLast: boolean };
    readonly data: { readonly hash: string; readonly count: number };
    readonly callbacks: Readonly<Record<string, unknown>>;
    /** The callback that has ended the run. */
    readonly stopped?: string;
  };
  /** Whatever the writer wants to remember: data set, lab, preset. */
  readonly notes?: Readonly<Record<string, unknown>>;
}

export interface Checkpoint {
  readonly metadata: CheckpointMetadata;
  /** Parameters and buffers, PyTorch's names and layouts. */
  readonly state: StateDict;
  /** Other tensors by their full names. */
  readonly extra: StateDict;
}

/** Key of the metadata in the file. */
export const KEY = 'chalkgrad';
/** Whether a tensor is none of the network: moments, and what callbacks keep. */
export const isExtra = (name: string): boolean => /^(optimizer|callback)\./.test(name);

/** The file of a checkpoint. Equal content gives equal bytes. */
export function writeCheckpoint({ metadata, state, extra }: Checkpoint): Uint8Array<ArrayBuffer> {
  const tensors = [...state, ...extra].map(([name, { shape, data }]): [string, SafetensorsTensor] => [
    name,
    { dtype: 'F32', shape, data },
  ]);
  return writeSafetensors(tensors, { [KEY]: JSON.stringify(metadata), format: 'pt' });
}

const isGenerator = (value: unknown): boolean => isRecord(value) && [value.seed, value.stream, value.step].every(isCount);

/** Whether a run could have written this: one that goes on from it relies on every value. */
function isTraining(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { progress, optimiser, lr, random, order, data, callbacks, stopped } = value;
  if (![progress, optimiser, random, order, data, callbacks].every(isRecord) || !isFiniteNumber(lr)) return false;
  if (stopped !== undefined && typeof stopped !== 'string') return false;
  const { step, epoch, position, lossSum, lossCount } = progress as Record<keyof Progress, unknown>;
  const { config, steps, parameterSteps = {} } = optimiser as Record<string, unknown>;
  const { dropout, transform } = random as Record<string, unknown>;
  const { batchSize, dropLast } = order as Record<string, unknown>;
  const { count } = data as Record<string, unknown>;
  if (!isCount(step) || !isCount(epoch) || !isCount(position) || !isCount(lossCount) || !isFiniteNumber(lossSum)) return false;
  if (!isRecord(config) || !isCount(steps) || !isRecord(parameterSteps)) return false;
  if (!Object.values(parameterSteps).every(isCount) || !isGenerator(dropout) || !isGenerator(transform)) return false;
  if (!isCount(batchSize) || batchSize === 0 || !isCount(count) || typeof dropLast !== 'boolean') return false;
  // The three say the same, and the next batch lies within the data.
  const perEpoch = stepsPerEpoch(count, batchSize, dropLast);
  const taken = step - epoch * perEpoch;
  return taken >= 0 && taken < perEpoch && position === taken * batchSize;
}

/** @throws DataFormatError where metadata have a training state that none could go on from */
export function checkTraining(metadata: CheckpointMetadata, file: string, of = ''): void {
  if (metadata.training !== undefined && !isTraining(metadata.training))
    throw new DataFormatError(file, 8, `a complete training state${of} in the metadata '${KEY}'`);
}

/** Reads a checkpoint. @throws DataFormatError for a damaged file or one that this engine did not write */
export function readCheckpoint(bytes: Uint8Array, file = 'checkpoint'): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const text = metadata[KEY];
  if (text === undefined)
    throw new DataFormatError(file, 8, `metadata '${KEY}' (a file of weights alone loads with loadStateDict)`);
  let parsed: CheckpointMetadata;
  try {
    parsed = JSON.parse(text) as CheckpointMetadata;
  } catch (error) {
    throw new DataFormatError(file, 8, `JSON in the metadata '${KEY}'`, { cause: error });
  }
  if ('parts' in (parsed ?? {})) {
    const names = Object.keys((parsed as unknown as { parts: object }).parts).join(', ');
    throw new DataFormatError(file, 8, `one network; it holds several (${names}): export one of them`);
  }
  if (parsed?.format !== 1)
    throw new DataFormatError(file, 8, `a checkpoint of format 1, found ${JSON.stringify(parsed?.format)}`);
  if (!Array.isArray(parsed.definition) || !Array.isArray(parsed.inputShape)) {
    throw new DataFormatError(file, 8, 'a network definition and its input shape in the metadata');
  }
  checkTraining(parsed, file);
  const state: StateDict = new Map();
  const extra: StateDict = new Map();
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype !== 'F32') throw new DataFormatError(file, 8, `float32 values for '${name}', found ${dtype}`);
    (isExtra(name) ? extra : state).set(name, { shape, data: data as Float32Array });
  }
  return { metadata: parsed, state, extra };
}

/** A file with a network's definition and weights, for another lab. */
export async function saveNetwork(network: Network, notes?: Readonly<Record<string, unknown>>): Promise<Uint8Array<ArrayBuffer>> {
  const { definition, inputShape } = network;
  const metadata: CheckpointMetadata = { format: 1, engine: VERSION, definition, inputShape, ...(notes ? { notes } : {}) };
  return writeCheckpoint({ metadata, state: await network.stateDict(), extra: new Map() });
}

/** The network of a checkpoint, in evaluation mode. */
export function networkFrom(checkpoint: Checkpoint | Uint8Array, options: { device?: RecordingDevice } = {}): Network {
  const { metadata, state } = checkpoint instanceof Uint8Array ? readCheckpoint(checkpoint) : checkpoint;
  const { definition, inputShape, training } = metadata;
  const dropoutSeed = training?.random.dropout.seed ?? 0;
  const network = buildNetwork(definition, { inputShape, rng: 0, dropoutSeed, ...options });
  network.loadStateDict(state);
  return network.eval();
}

/** A tensor's part of a copy of its arena. */
function part(tensor: Tensor, values: Float32Array): Float32Array {
  const range = arenaRange(tensor);
  if (!range) throw new Error(`'${tensor.name}' does not lie in an arena`);
  return values.subarray(range.offset, range.offset + sizeOf(tensor.shape));
}

/** The file of a training run. */
export function writeTrainerCheckpoint<N extends Trainable>(
  trainer: TrainingRun<N>,
  snapshot: TrainingSnapshot,
): Uint8Array<ArrayBuffer> {
  const { optimiser, plan, config } = trainer;
  const network = requireDefined(trainer.network, 'checkpoint');
  const entries = stateEntries(network.root);
  const { parameters, buffers } = snapshot.network;
  const learned = new Set(network.parameters());
  const state: StateDict = new Map();
  const extra: StateDict = new Map();
  const moments = [...optimiser.moments.keys()];
  for (const [name, { tensor, border }] of entries) {
    state.set(name, toPyTorch(part(tensor, learned.has(tensor) ? parameters : buffers), border));
    if (!learned.has(tensor)) continue;
    moments.forEach((moment, index) => {
      const values = snapshot.optimiser.moments[index] as Float32Array;
      extra.set(`optimizer.${moment}.${name}`, toPyTorch(part(tensor, values), border));
    });
  }
  const callbacks: Record<string, unknown> = {};
  for (const { name, state: save } of config.callbacks ?? []) {
    const saved = save?.();
    if (!saved) continue;
    callbacks[name] = saved.json;
    for (const [key, data] of Object.entries(saved.arrays ?? {}))
      extra.set(`callback.${name}.${key}`, { shape: [data.length], data });
  }
  const { seed, shuffle, batchSize, dropLast } = plan;
  const metadata: CheckpointMetadata = {
    format: 1,
    engine: VERSION,
    definition: network.definition,
    inputShape: network.inputShape,
    training: {
      progress: snapshot.progress,
      optimiser: { config: optimiser.config, ...stepsToWrite(snapshot.optimiser.steps, namesOf(trainer)) },
      lr: snapshot.lr,
      random: {
        dropout: { ...network.rng.generator.state, step: snapshot.dropoutStep },
        transform: { ...trainer.transformGenerator.state, step: snapshot.transformStep },
      },
      order: { seed, shuffle, batchSize, dropLast },
      data: { hash: config.data.hash(), count: config.data.count },
      callbacks,
      ...(stoppedBy(trainer, snapshot.stopped) ? { stopped: snapshot.stopped as string } : {}),
    },
  };
  return writeCheckpoint({ metadata, state, extra });
}

/** Names of the optimiser's parameters, in its order. */
function namesOf({ network: of, optimiser }: { readonly network: Trainable; readonly optimiser: Optimiser }): readonly string[] {
  const network = requireDefined(of, 'checkpoint');
  const names = new Map(network.namedParameters().map(([name, tensor]) => [tensor, name]));
  return optimiser.parameters.map((parameter) => names.get(parameter) as string);
}

function stepsToWrite(steps: readonly number[], names: readonly string[]) {
  const most = Math.max(...steps);
  const fewer = names.map((name, index) => [name, steps[index] as number] as const).filter(([, count]) => count < most);
  return { steps: most, ...(fewer.length > 0 ? { parameterSteps: Object.fromEntries(fewer) } : {}) };
}

/** What of a checkpoint is not weights and moments. */
export interface Resumption {
  readonly progress: Progress;
  readonly dropoutStep: number;
  readonly transformStep: number;
  readonly lr: number;
  readonly stopped: string | undefined;
}

/** @throws ConfigError unless both are equal */
function requireSame(path: string, mine: unknown, theirs: unknown): void {
  const [a, b] = [JSON.stringify(mine), JSON.stringify(theirs)];
  if (a !== b)
    throw new ConfigError(path, `this run has ${a}, the checkpoint ${b}. Resume with the configuration it was made with.`);
}

/** Puts weights, moments and callbacks of a checkpoint into a trainer. Nothing is changed when it belongs to another run. */
export function applyCheckpoint<N extends Trainable>(trainer: TrainingRun<N>, given: Checkpoint | Uint8Array): Resumption {
  const { metadata, state, extra } = given instanceof Uint8Array ? readCheckpoint(given) : given;
  const { training } = metadata;
  if (!training)
    throw new ConfigError('checkpoint', 'it holds a network but no training state; use networkFrom() and start a new run.');
  const { optimiser, plan, config } = trainer;
  const network = requireDefined(trainer.network, 'checkpoint');
  requireSame('network', network.definition, metadata.definition);
  requireSame('optimiser', optimiser.config, training.optimiser.config);
  const { seed, shuffle, batchSize, dropLast } = plan;
  requireSame('order', { seed, shuffle, batchSize, dropLast }, training.order);
  requireSame('data', { hash: config.data.hash(), count: config.data.count }, training.data);
  requireSame('dropoutSeed', network.rng.generator.seed, training.random.dropout.seed);
  const entries = stateEntries(network.root);
  const byTensor = new Map([...entries].map(([name, entry]) => [entry.tensor, { name, border: entry.border }]));
  const writes: (() => void)[] = [];
  for (const [moment, tensors] of optimiser.moments as ReadonlyMap<MomentName, readonly Tensor[]>) {
    optimiser.parameters.forEach((parameter, index) => {
      const { name, border } = byTensor.get(parameter) as { name: string; border: Parameters<typeof fromPyTorch>[1] };
      const saved = extra.get(`optimizer.${moment}.${name}`);
      if (saved?.data.length !== parameter.size) {
        throw new ConfigError('checkpoint', `it lacks the tensor 'optimizer.${moment}.${name}' of ${parameter.size} values.`);
      }
      writes.push(() => (tensors[index] as Tensor).write(fromPyTorch(saved.data, border)));
    });
  }
  // Before the weights: a callback may refuse what it finds.
  restoreCallbacks(trainer, training.callbacks, extra);
  network.loadStateDict(state);
  for (const write of writes) write();
  const { steps, parameterSteps = {} } = training.optimiser;
  optimiser.parameterSteps = namesOf(trainer).map((name) => parameterSteps[name] ?? steps);
  const { progress, random, lr, stopped } = training;
  return {
    progress,
    dropoutStep: random.dropout.step,
    transformStep: random.transform.step,
    lr,
    stopped: stoppedBy(trainer, stopped) ? stopped : undefined,
  };
}

/** Whether it was one of its callbacks that ended a run, so that the run would end there again; who calls `stop` may go on later. */
function stoppedBy<N extends Trainable>({ config }: TrainingRun<N>, stopped: string | undefined): boolean {
  return (config.callbacks ?? []).some(({ name }) => name === stopped);
}

function restoreCallbacks<N extends Trainable>(
  { config, network }: TrainingRun<N>,
  saved: Readonly<Record<string, unknown>>,
  extra: StateDict,
): void {
  for (const callback of config.callbacks ?? []) {
    if (!(callback.name in saved)) continue;
    const prefix = `callback.${callback.name}.`;
    const arrays = [...extra].filter(([name]) => name.startsWith(prefix));
    const state = {
      json: saved[callback.name],
      ...(arrays.length > 0
        ? { arrays: Object.fromEntries(arrays.map(([name, { data }]) => [name.slice(prefix.length), Float32Array.from(data)])) }
        : {}),
    };
    callback.restore?.(state, network);
  }
}
