/**
 * The tracer: runs an entry point of a WGSL module invocation by invocation, with WGSL's exact arithmetic, and says what is wrong with
 * it. Nothing of it needs a GPU, a page or Node.
 *
 * Reports: see `FindingKind`. Where WGSL leaves a choice: `fma` is not fused; a read out of bounds gives 0 and a write there does
 * nothing; an integer division by zero gives the left side (`/`) or 0 (`%`); subgroups hold four invocations in a row.
 */
import type { Module, Value } from '../typed.ts';
import { checkWorkgroups, contentsOf, entryOf, overridesOf, type UniformValues, WgslInputError } from './bind.ts';
import { Cells, compileFunctions, constantValue } from './compile.ts';
import { type Finding, idText } from './findings.ts';
import { Layout } from './layout.ts';
import { type Access, BoundBuffer, type Budget, BudgetExhausted, Invocation, Machine } from './machine.ts';
import { Waiting } from './suspend.ts';
import { place, runWaiting } from './workgroup.ts';

export type { Entry } from '../typed.ts';
export {
  bindingsOf,
  checkWorkgroups,
  contentsOf,
  entryOf,
  overridesOf,
  packUniform,
  scalarWithin,
  typeText,
  WgslInputError,
} from './bind.ts';
export { FINDING_KINDS, type Finding, type FindingKind, type InvocationId, numberText } from './findings.ts';
export type { Access, Budget } from './machine.ts';

type Triple = readonly [x: number, y: number, z: number];

export interface TraceOptions {
  readonly module: Module;
  /** What the module was parsed from: positions become lines with it. */
  readonly source: string;
  /** Absent: the only entry point. */
  readonly entry?: string | undefined;
  readonly workgroups: Triple;
  /** Contents of storage (and uniform) buffers by the name of their variable. They are copied, not changed. */
  readonly buffers?: Readonly<Record<string, ArrayBufferView | ArrayBuffer>>;
  /** Values of the uniform by field. */
  readonly uniform?: UniformValues | undefined;
  /** By name. */
  readonly overrides?: Readonly<Record<string, number | boolean>>;
  readonly budget?: Partial<Budget>;
  /** Lists every read and write of buffers and workgroup memory by the invocation with this global id. */
  readonly watch?: Triple | undefined;
}

export interface TraceResult {
  /** Contents of all bound buffers afterwards, by name. */
  readonly buffers: Readonly<Record<string, ArrayBuffer>>;
  readonly findings: readonly Finding[];
  /** Statements that ran, about. */
  readonly steps: number;
  /** False where the budget ran out: then the buffers are not complete. */
  readonly finished: boolean;
  /** Of the watched invocation, in order. */
  readonly accesses: readonly Access[];
}

/** An endless loop of one invocation ends within a second. */
export const DEFAULT_BUDGET: Budget = {
  perInvocation: 4_000_000,
  perWorkgroup: 64_000_000,
  barriers: 10_000,
  milliseconds: 60_000,
};

/** Invocations of a workgroup that every WebGPU device takes; where no override says how many, the front end has checked it. */
const MAX_INVOCATIONS = 256;
/** Invocations of a dispatch: even empty ones would take longer than the budget of time. */
const MAX_DISPATCHED = 1 << 26;
/** Most words of all variables of an invocation or a workgroup. */
const MAX_WORDS = 1 << 22;
const SUBGROUP_SIZE = 4;

/**
 * Runs one dispatch.
 * @throws WgslInputError where buffers, uniform, overrides or the grid do not fit the program
 */
export function trace(options: TraceOptions): TraceResult {
  const { module, source, workgroups } = options;
  const entry = entryOf(module, options.entry);
  const layout = new Layout(module.structs, (type) => {
    if (typeof type.length === 'number' || type.length === undefined) return type.length;
    return constantValue(machine, type.length) as number;
  });
  const machine: Machine = new Machine(module, source, layout, { ...DEFAULT_BUDGET, ...options.budget }, SUBGROUP_SIZE);
  setOverrides(machine, options.overrides ?? {});
  machine.groupSize = entry.workgroupSize.map((value) => constantValue(machine, value) as number) as unknown as Triple;
  machine.grid = workgroups;
  checkGrid(machine, entry.name);
  bind(machine, entry, options);
  const cells = new Cells(machine);
  placeVariables(machine, entry, cells);
  if (options.watch) machine.watched = numberOf(machine, options.watch);
  const finished = new Dispatch(machine, entry, cells).run();
  return {
    buffers: Object.fromEntries(machine.buffers.flatMap((buffer) => (buffer ? [[buffer.global.name, buffer.bytes]] : []))),
    findings: machine.findings.all,
    steps: finished.steps,
    finished: finished.complete,
    accesses: machine.accesses,
  };
}

function setOverrides(machine: Machine, given: Readonly<Record<string, number | boolean>>): void {
  // One after the other: the initial value of one may use those before it.
  for (const { override, value } of overridesOf(machine.module, given)) {
    machine.overrides.push(value ?? (constantValue(machine, override.initial as Value) as number));
  }
}

function checkGrid({ groupSize, grid, module }: Machine, entry: string): void {
  const size = groupSize[0] * groupSize[1] * groupSize[2];
  if (groupSize.some((n) => !(n >= 1)) || size > MAX_INVOCATIONS) {
    throw new WgslInputError(
      `${module.path}: @workgroup_size of '${entry}' is ${idText(groupSize)}; it must hold 1 to ${MAX_INVOCATIONS} invocations`,
    );
  }
  checkWorkgroups(grid);
  const invocations = size * grid[0] * grid[1] * grid[2];
  if (invocations > MAX_DISPATCHED) {
    throw new WgslInputError(
      `the dispatch has ${invocations.toLocaleString('en-US')} invocations; the tracer takes at most ${MAX_DISPATCHED.toLocaleString('en-US')}: give fewer workgroups`,
    );
  }
}

function bind(machine: Machine, entry: ReturnType<typeof entryOf>, input: TraceOptions): void {
  for (const { global, index, bytes } of contentsOf(machine.module, entry, input)) {
    machine.buffers[index] = new BoundBuffer(global, index, bytes);
  }
}

/** Private variables get cells of the invocation, workgroup variables words of the workgroup's memory. */
function placeVariables(machine: Machine, entry: ReturnType<typeof entryOf>, cells: Cells): void {
  const { module, layout } = machine;
  let words = 0;
  for (const index of module.functions[entry.func]?.globals ?? []) {
    const global = module.globals[index];
    if (!global || global.space === 'storage' || global.space === 'uniform') continue;
    const size = layout.words(global.type);
    if (!(size <= MAX_WORDS)) throw new WgslInputError(`variable '${global.name}' is too large to be traced (${4 * size} bytes)`);
    const variable = { name: global.name, type: global.type, words: size };
    if (global.space === 'workgroup') {
      machine.globalOffsets[index] = words;
      machine.workgroupVariables.push({ ...variable, offset: words });
      words += size;
    } else {
      const offset = cells.take(size);
      machine.globalOffsets[index] = offset;
      machine.cellVariables.push({ ...variable, offset });
    }
  }
  if (words > MAX_WORDS) throw new WgslInputError(`the workgroup variables are too large to be traced (${4 * words} bytes)`);
  machine.workgroup = new Float64Array(words);
}

/** @throws WgslInputError where the dispatch has no such invocation */
function numberOf({ groupSize, grid }: Machine, id: Triple): number {
  const group = id.map((x, i) => Math.floor(x / (groupSize[i] as number)));
  if (id.some((x, i) => !Number.isInteger(x) || x < 0 || (group[i] as number) >= (grid[i] as number))) {
    throw new WgslInputError(`the dispatch has no invocation ${idText(id)}`);
  }
  const [sx, sy, sz] = groupSize;
  const [lx, ly, lz] = id.map((x, i) => x % (groupSize[i] as number)) as unknown as Triple;
  const [gx, gy, gz] = group as unknown as Triple;
  return ((gz * grid[1] + gy) * grid[0] + gx) * sx * sy * sz + (lz * sy + ly) * sx + lx;
}

class Dispatch {
  readonly #machine: Machine;
  readonly #entry: ReturnType<typeof entryOf>;
  readonly #waiting: Waiting;
  readonly #code: ReturnType<typeof compileFunctions>[number] & object;
  readonly #cells: Cells;
  readonly #privates: {
    readonly start: number;
    readonly words: number;
    readonly initial: number | readonly number[] | undefined;
  }[] = [];
  #steps = 0;

  constructor(machine: Machine, entry: ReturnType<typeof entryOf>, cells: Cells) {
    this.#machine = machine;
    this.#entry = entry;
    this.#waiting = new Waiting(machine.module);
    const code = compileFunctions(machine, this.#waiting, cells, entry.func)[entry.func];
    if (!code) throw new Error(`${entry.name} was not compiled`);
    this.#code = code;
    this.#cells = cells;
    machine.module.globals.forEach((global, index) => {
      const start = machine.globalOffsets[index];
      if (global.space !== 'private' || start === undefined) return;
      const initial = global.initial && constantValue(machine, global.initial);
      this.#privates.push({ start, words: machine.layout.words(global.type), initial });
    });
  }

  run(): { readonly steps: number; readonly complete: boolean } {
    const machine = this.#machine;
    const [gx, gy, gz] = machine.grid;
    const size = machine.groupSize[0] * machine.groupSize[1] * machine.groupSize[2];
    const invocations = Array.from({ length: this.#code.waits ? size : 1 }, () => new Invocation(this.#cells.count));
    let number = 0;
    try {
      for (let z = 0; z < gz; z++) {
        for (let y = 0; y < gy; y++) {
          for (let x = 0; x < gx; x++) {
            machine.startWorkgroup();
            this.#runWorkgroup([x, y, z], number, size, invocations);
            number++;
          }
        }
      }
      return { steps: this.#steps, complete: true };
    } catch (error) {
      if (!(error instanceof BudgetExhausted)) throw error;
      for (const s of invocations) this.#steps += s.steps;
      this.#reportBudget(error);
      return { steps: this.#steps, complete: false };
    }
  }

  #runWorkgroup(group: Triple, groupNumber: number, size: number, invocations: readonly Invocation[]): void {
    const machine = this.#machine;
    const { run, waits, weight } = this.#code;
    machine.workgroup.fill(0);
    if (run) {
      const s = invocations[0] as Invocation;
      for (let local = 0; local < size; local++) {
        this.#prepare(s, group, groupNumber, local);
        run(s);
        this.#steps += s.steps + weight;
        s.steps = 0;
      }
      machine.watchTheClock(s);
    } else if (waits) {
      invocations.forEach((s, local) => {
        this.#prepare(s, group, groupNumber, local);
      });
      runWaiting(machine, invocations, waits);
      for (const s of invocations) {
        this.#steps += s.steps + weight;
        s.steps = 0;
      }
      machine.watchTheClock(invocations[0] as Invocation);
    }
  }

  #prepare(s: Invocation, group: Triple, groupNumber: number, local: number): void {
    const machine = this.#machine;
    place(machine, s, group, groupNumber, local);
    for (const { start, words, initial } of this.#privates) {
      s.cells.fill(0, start, start + words);
      s.written.fill(initial === undefined ? 0 : 1, start, start + words);
      if (typeof initial === 'number') s.cells[start] = initial;
      else if (initial) s.cells.set(initial, start);
    }
    const { func, slots } = this.#code.scope;
    const [sx, sy] = machine.groupSize;
    for (const index of func.parameters) {
      const slot = slots[index];
      const builtin = func.locals[index]?.builtin;
      if (!slot || !builtin) continue;
      switch (builtin) {
        case 'global_invocation_id':
          s.objects[slot.object] = s.globalId;
          break;
        case 'local_invocation_id':
          s.objects[slot.object] = [local % sx, Math.floor(local / sx) % sy, Math.floor(local / (sx * sy))];
          break;
        case 'workgroup_id':
          s.objects[slot.object] = group;
          break;
        case 'num_workgroups':
          s.objects[slot.object] = machine.grid;
          break;
        case 'local_invocation_index':
          s.cells[slot.cell] = local;
          break;
        case 'subgroup_size':
          s.cells[slot.cell] = machine.subgroupSize;
          break;
        case 'subgroup_invocation_id':
          s.cells[slot.cell] = local % machine.subgroupSize;
          break;
      }
    }
  }

  /** The loop that went round most often since it was entered is the one that does not end. */
  #reportBudget({ invocation, what, loops }: BudgetExhausted): void {
    const { findings, module } = this.#machine;
    let worst = loops[0];
    for (const loop of loops) if (worst && loop.iterations > worst.iterations) worst = loop;
    const at = worst?.at ?? module.functions[this.#entry.func]?.at ?? 0;
    findings.add('step-budget', at, invocation.globalId, () => {
      const where = `in invocation ${idText(invocation.globalId)}`;
      return worst
        ? {
            message: `this loop had gone round ${worst.iterations.toLocaleString('en-US')} times ${where} when the budget of ${what} ran out: does it ever end?`,
            values: { iterations: worst.iterations },
          }
        : { message: `the budget of ${what} ran out ${where}: the dispatch is too large to be traced` };
    });
  }
}
