/**
 * A run of a lab in legs. Its folder keeps the newest checkpoint (`run.safetensors`), what was told up to it and the time that was spent
 * (`run.json`), and at the end the report (`result.json`); the same command goes on from there.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../engine/errors.ts';
import type { CheckpointEvent, LabEvent, MetricEvent, RowEvent, StatusEvent } from '../runtime/events.ts';
import type { AnyDefinition } from '../runtime/experiment.ts';
import { RunStore } from '../runtime/store.ts';
import { holdFolder } from './hold-folder.ts';
import { type LabReport, type Leg, secondsOf } from './lab-report.ts';

/** Between two writings of the folder, at least: curves of a long run are megabytes. */
const KEEP_EVERY_MS = 30_000;

/** What a folder's run is: the settings that the command was given, seed and device included. */
interface Identity {
  readonly lab: string;
  readonly version: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

interface Curve {
  readonly chart: string;
  readonly series: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly band?: readonly number[];
}

/** What the lab told before the checkpoint: a run that goes on tells only what comes after. */
interface Told {
  readonly curves: readonly Curve[];
  readonly rows: readonly RowEvent[];
  readonly notes: readonly StatusEvent[];
}

interface Kept extends Identity {
  readonly legs: readonly Leg[];
  /** SHA-256 of the checkpoint to which `told` belongs. */
  readonly checkpoint?: string;
  readonly told: Told;
}

const nothingTold: Told = { curves: [], rows: [], notes: [] };

/** A leg has ended before its run has: another one is needed. */
export class LegOver extends Error {
  override name = 'LegOver';
}

export interface LegOptions {
  readonly folder: string;
  readonly definition: AnyDefinition;
  readonly settings: Identity['settings'];
  /** On the clock of `performance.now()`: the first checkpoint after it ends the leg. */
  readonly until: number;
  /** From where the first leg begins; later ones begin where the folder has them. */
  readonly checkpoint?: Uint8Array | undefined;
}

export class Legs {
  /** What all legs have told. */
  readonly store = new RunStore();
  /** To go on from. */
  readonly checkpoint: Uint8Array | undefined;
  /** Lets another process go on with the folder; a leg that ends or finishes does so by itself. */
  readonly release: () => void;
  readonly #options: LegOptions;
  readonly #identity: Identity;
  readonly #earlier: readonly Leg[];
  readonly #started = new Date();
  readonly #start = performance.now();
  readonly #rows = new Map<string, RowEvent>();
  readonly #notes: StatusEvent[] = [];
  #newest: CheckpointEvent | undefined;
  #step: number;
  #digest: string | undefined;
  /** The first checkpoint is kept at once. */
  #written = Number.NEGATIVE_INFINITY;
  #stepped = false;
  #closed = false;

  /** @throws ConfigError where runs of the lab cannot go on, or the folder keeps another run or is being written; it stays as it is then */
  constructor(options: LegOptions) {
    const { folder, definition, settings } = options;
    if (definition.resumes === undefined)
      throw new ConfigError('--legs', `a run of '${definition.id}' gives no checkpoint to go on from: it is made in one piece.`);
    this.#options = options;
    this.#identity = { lab: definition.id, version: definition.version, settings: plain(settings) };
    this.release = holdFolder(folder, '--legs');
    try {
      const kept = readKept(folder);
      if (kept) requireSame(folder, kept, this.#identity);
      this.#earlier = kept?.legs ?? [];
      this.#step = this.#earlier.at(-1)?.step ?? 0;
      this.checkpoint = kept?.checkpoint === undefined ? options.checkpoint : readFileSync(this.#path('run.safetensors'));
      if (kept?.checkpoint !== undefined && this.checkpoint) {
        this.#digest = digestOf(this.checkpoint);
        // A leg that was killed between the two files has a checkpoint that is newer than what was told.
        if (this.#digest === kept.checkpoint) this.#tell(kept.told, this.checkpoint);
      }
      if (!kept) this.#write();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** The report, where the run has been finished. */
  get finished(): LabReport | undefined {
    const file = this.#path('result.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LabReport) : undefined;
  }

  /** All legs, this one as long as it has taken so far. */
  get legs(): readonly Leg[] {
    const seconds = (performance.now() - this.#start) / 1000;
    return [...this.#earlier, { started: this.#started.toISOString(), seconds, step: this.#newest?.step ?? this.#step }];
  }

  /** @returns whether the leg is over: the run has given a checkpoint, and the time is up */
  take(event: LabEvent): boolean {
    // What comes while a run is being stopped will come again in the next leg.
    if (this.#closed) return false;
    if (event.type === 'row' && event.id !== undefined) this.#rows.set(`${event.table} ${event.id}`, event);
    if (event.type === 'status' && (event.level === 'note' || event.level === 'warning')) {
      // A run that goes on may say again what holds for the whole.
      if (this.#notes.some(({ message }) => message === event.message)) return false;
      this.#notes.push(event);
    }
    if (event.type === 'step') this.#stepped = true;
    // What a lab shows of the checkpoint that it goes on from was told before it.
    if (event.type === 'metric' && !this.#stepped && this.#ends(event) >= event.x) return false;
    const other = event.type === 'checkpoint' && event.name !== this.#options.definition.resumes;
    if (!other) this.store.apply([event]);
    if (other || event.type !== 'checkpoint') return false;
    this.#newest = event;
    const now = performance.now();
    if (now - this.#written > KEEP_EVERY_MS) {
      this.#write();
      this.#written = now;
    }
    return now > this.#options.until;
  }

  /** The leg ends before its run: keeps the newest checkpoint and what was told before it. */
  end(): void {
    this.#closed = true;
    this.store.rollBack();
    this.#write();
    this.release();
  }

  /** The run is over. */
  finish(report: LabReport): void {
    replace(this.#path('result.json'), `${JSON.stringify(report, undefined, 1)}\n`);
    this.end();
  }

  /** For the terminal, when the leg is over. */
  get summary(): string {
    const { legs } = this;
    const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
    const { step, seconds } = legs.at(-1) as Leg;
    const total = this.store.step?.total;
    const spent = `leg ${legs.length} took ${minutes(seconds)}, all together ${minutes(secondsOf(legs))}`;
    if (this.#digest === undefined) return `No checkpoint has come yet, so that the same command begins anew (${spent}).`;
    return `The leg is over at step ${step}${total ? ` of ${total}` : ''}; the same command goes on (${spent}).`;
  }

  /** Where the curve of this point ends so far. */
  #ends({ chart = 'loss', series }: MetricEvent): number {
    return this.store.charts.get(chart)?.get(series)?.x.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }

  #tell({ curves, rows, notes }: Told, bytes: Uint8Array): void {
    for (const { chart, series, x, y, band } of curves) {
      const arrays = { x: Float64Array.from(x), y: Float64Array.from(y), ...(band ? { band: Float64Array.from(band) } : {}) };
      this.store.apply([{ type: 'curve', chart, series, ...arrays }]);
    }
    for (const event of [...rows, ...notes]) this.take(event);
    // Marks how far the curves had come there.
    this.store.apply([{ type: 'checkpoint', name: this.#options.definition.resumes ?? '', step: this.#step, bytes }]);
  }

  /** The checkpoint first: with an older `run.json` beside it the run still goes on. */
  #write(): void {
    if (this.#newest) {
      const { bytes, step } = this.#newest;
      replace(this.#path('run.safetensors'), bytes);
      this.#digest = digestOf(bytes);
      this.#step = step;
      this.#newest = undefined;
    }
    const curves = [...this.store.charts].flatMap(([chart, all]) =>
      [...all.values()].map(({ name, ...of }) => ({ chart, series: name, ...of })),
    );
    const told: Told = this.#digest === undefined ? nothingTold : { curves, rows: [...this.#rows.values()], notes: this.#notes };
    const kept: Kept = {
      ...this.#identity,
      legs: this.legs,
      ...(this.#digest === undefined ? {} : { checkpoint: this.#digest }),
      told,
    };
    replace(this.#path('run.json'), JSON.stringify(kept));
  }
}

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Written beside and renamed: whoever is cut off leaves a whole file. */
function replace(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.part`, content);
  renameSync(`${file}.part`, file);
}

function readKept(folder: string): Kept | undefined {
  const file = join(folder, 'run.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  const stray = ['run.safetensors', 'result.json'].find((name) => existsSync(join(folder, name)));
  if (stray === undefined) return undefined;
  const advice = stray === 'result.json' ? '' : `; to go on from it, give it as --checkpoint with a new folder`;
  throw new ConfigError('--legs', `${folder} has ${stray} but no run.json, which says of what run it is${advice}.`);
}

/** @throws ConfigError naming what differs */
function requireSame(folder: string, kept: Kept, mine: Identity): void {
  const refuse = (what: string) => {
    throw new ConfigError('--legs', `${folder} keeps another run: ${what}. Give its settings, or another folder.`);
  };
  if (kept.lab !== mine.lab) refuse(`of '${kept.lab}', not of '${mine.lab}'`);
  if (kept.version !== mine.version) refuse(`of version ${kept.version} of the lab; this is ${mine.version}`);
  for (const key of new Set([...Object.keys(kept.settings), ...Object.keys(mine.settings)])) {
    const [there, here] = [kept.settings, mine.settings].map((of) => JSON.stringify(of[key]) ?? 'not set');
    if (there !== here) refuse(`${key} is ${there} there and ${here} here`);
  }
}
