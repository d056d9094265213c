/**
 * The measured tuner: for the kernels that a piece of work calls, it times the variants that apply on buffers of the right size, within
 * a budget, and lets the device choose by the result from then on (cf. CubeCL's autotune; llama.cpp PR 22241 on what a fixed choice loses).
 */
import type { AnyKernel } from '../../kernels/kernel.ts';
import type { VariantChoices } from '../variants.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { adapterKey, choiceKey } from './key.ts';
import { type Limits, type TunableDevice, timeCandidates } from './measure.ts';
import { MeasuredTable } from './measured-table.ts';
import { makeRecord, readRecord } from './record.ts';
import type { TuningStore } from './store.ts';

/**
 * - `off`: built-in table and rules.
 * - `stored`: choices that were measured earlier; nothing is measured now.
 * - `measure`: the same, and what is missing is measured within the budget.
 * - `force`: measures everything anew, once per session, on software adapters too (which otherwise use the built-in table alone).
 */
export type TuneMode = 'off' | 'stored' | 'measure' | 'force';

export interface TuningOptions {
  /** Default `measure`. */
  readonly mode?: TuneMode;
  /** Milliseconds after which no further measurement begins. Default 2000. */
  readonly budgetMs?: number;
  /** Where choices are kept; absent: for the life of the device. */
  readonly store?: TuningStore | undefined;
  /** Asked between measurements: a hidden tab is throttled and must not be measured. Default: whether the page, if any, is visible. */
  readonly mayMeasure?: () => boolean;
  /** Milliseconds; default `performance.now`. */
  readonly now?: () => number;
  /** Told of stores that cannot be used and variants that cannot run. Default: the console. */
  readonly warn?: (message: string) => void;
}

/** A kernel and its parameters: what a recorded step lists. */
export interface TuningWork {
  readonly kernel: AnyKernel;
  readonly params: unknown;
}

export interface Measurement {
  readonly kernel: string;
  readonly key: string;
  /** The fastest, and what ran before. */
  readonly variant: string;
  readonly before: string;
  /** Milliseconds of one call by variant. */
  readonly times: Readonly<Record<string, number>>;
}

export interface TuneReport {
  readonly adapter: string;
  readonly measured: readonly Measurement[];
  /** Kernels and shape classes of the work that a choice existed for. */
  readonly known: number;
  /** Those that the budget, a hidden page or the mode left to the rules. */
  readonly skipped: number;
  readonly milliseconds: number;
}

const BUDGET_MS = 2000;

/** Calls on one device wait for each other: two at a time would measure each other. */
const queues = new WeakMap<VariantChoices, Promise<unknown>>();
/** Tables that have taken over what is stored. */
const loaded = new WeakSet<MeasuredTable>();

/** Whether this mode does anything on this device. */
export function tunes(device: Pick<TunableDevice, 'info' | 'choices'>, mode: TuneMode): boolean {
  return device.choices !== undefined && mode !== 'off' && (mode === 'force' || !device.info.software);
}

/**
 * Chooses variants for the kernels of `work` by measurement and lets `device` use them. Recordings compile anew before their next
 * execution. The variants agree within rounding, but not in their last bits.
 * @param work empty: only takes over what is stored
 * @throws DeviceLostError; an error of work enqueued before. What goes wrong in tuning itself is a warning.
 */
export async function tuneDevice(
  device: TunableDevice,
  work: readonly TuningWork[],
  options: TuningOptions = {},
): Promise<TuneReport> {
  const adapter = adapterKey(device.info, device.caps);
  const { choices } = device;
  if (!choices || !tunes(device, options.mode ?? 'measure')) {
    return { adapter, measured: [], known: 0, skipped: 0, milliseconds: 0 };
  }
  const turn = (queues.get(choices) ?? Promise.resolve()).then(() => tune(device, choices, adapter, work, options));
  queues.set(
    choices,
    turn.catch(() => undefined),
  );
  return turn;
}

interface Job extends TuningWork {
  readonly key: string;
  readonly candidates: readonly Candidate[];
  /** Bytes that all calls of this kernel and class touch: where most time may be won comes first. */
  bytes: number;
}

async function tune(
  device: TunableDevice,
  choices: VariantChoices,
  adapter: string,
  work: readonly TuningWork[],
  options: TuningOptions,
): Promise<TuneReport> {
  const { mode = 'measure', budgetMs = BUDGET_MS, mayMeasure = visible, now = () => performance.now() } = options;
  const warn = options.warn ?? ((message: string) => console.warn(message));
  // A software adapter is measured on request only, and for that session: its record would never be read.
  const store = device.info.software ? undefined : options.store;
  const start = now();
  const table = choices.table instanceof MeasuredTable ? choices.table : new MeasuredTable(choices.table);
  const taken = mode !== 'force' && store && !loaded.has(table) ? table.merge(await stored(store, adapter, warn)) : 0;
  if (store && mode !== 'force') loaded.add(table);

  const jobs = jobsOf(device, work);
  const has = (key: string) => (mode === 'force' ? table.fresh.has(key) : table.entries.has(key));
  const missing = jobs.filter(({ key }) => !has(key));
  const measured: Measurement[] = [];
  if (mode !== 'stored' && missing.length > 0) {
    // An error of earlier work belongs to the caller and must not pass for one of a candidate.
    await device.sync();
    const limits: Limits = { now, warn, mayMeasure, goOn: () => now() - start < budgetMs && mayMeasure() };
    for (const job of missing) {
      const result = limits.goOn() ? await measureJob(device, job, limits) : undefined;
      if (!result) continue;
      const { variant: before } = choices.choose(job.kernel, job.params);
      table.add(job.key, { variant: result.fastest, microseconds: 1000 * (result.times.get(result.fastest) as number) });
      const times = Object.fromEntries(result.times);
      measured.push({ kernel: job.kernel.name, key: job.key, variant: result.fastest, before: before.id, times });
    }
  }
  // Also where nothing was found: `fresh` and what is loaded must outlive this call.
  if (taken > 0 || measured.length > 0 || choices.table !== table) choices.table = table;
  if (store && measured.length > 0) await save(store, adapter, table, warn);
  return {
    adapter,
    measured,
    known: jobs.length - missing.length,
    skipped: missing.length - measured.length,
    milliseconds: now() - start,
  };
}

async function measureJob(device: TunableDevice, job: Job, limits: Limits) {
  try {
    return await timeCandidates(device, job.kernel, job.params, job.candidates, limits);
  } catch (error) {
    // No room for its buffers, for example.
    if ((error as { code?: unknown }).code === 'DEVICE_LOST') throw error;
    limits.warn(`tuning: '${job.kernel.name}' is left to the rules: ${(error as Error).message}`);
    return undefined;
  }
}

/** One job per kernel and shape class that leaves a choice, the one that touches most memory first. */
function jobsOf({ caps }: TunableDevice, work: readonly TuningWork[]): Job[] {
  const jobs = new Map<string, Job>();
  for (const { kernel, params } of work) {
    const candidates = candidatesOf(kernel, params, caps);
    if (candidates.length === 0) continue;
    const key = choiceKey(kernel, params, candidates);
    const bytes = 4 * Object.values(kernel.sizes(params)).reduce((sum, count) => sum + count, 0);
    const job = jobs.get(key);
    if (job) job.bytes += bytes;
    else jobs.set(key, { kernel, params, key, candidates, bytes });
  }
  return [...jobs.values()].sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
}

async function stored(store: TuningStore, adapter: string, warn: (message: string) => void) {
  try {
    const value = await store.load(adapter);
    const entries = value === undefined ? new Map() : readRecord(value, adapter);
    if (entries) return entries;
    warn('tuning: the stored choices are damaged or of another version; they are ignored');
  } catch (error) {
    warn(`tuning: the stored choices could not be read: ${(error as Error).message}`);
  }
  return new Map();
}

async function save(store: TuningStore, adapter: string, table: MeasuredTable, warn: (message: string) => void): Promise<void> {
  try {
    // Another page may have saved meanwhile: its entries stay, ours are newer.
    const entries = new Map(readRecord(await store.load(adapter).catch(() => undefined), adapter));
    for (const [key, entry] of table.entries) {
      entries.delete(key);
      entries.set(key, entry);
    }
    await store.save(adapter, makeRecord(adapter, entries));
  } catch (error) {
    warn(`tuning: the choices could not be stored: ${(error as Error).message}`);
  }
}

function visible(): boolean {
  return (globalThis as { document?: { hidden?: boolean } }).document?.hidden !== true;
}
