/** The state of a traced dispatch: memories, barriers passed, budget, the invocations and what has been found. */
import type { Global, Module, Type } from '../typed.ts';
import { Findings, type InvocationId, idText } from './findings.ts';
import type { Layout } from './layout.ts';
import { CellMemory } from './memory.ts';
import { type Other, Shadow } from './races.ts';

/** One invocation. Functions do not recurse in WGSL, so every local has a fixed cell. */
export class Invocation {
  /** Scalars, pointers (as addresses) and the content of variables of the function and private address space. */
  readonly cells: Float64Array;
  /** Which cells have been written since their declaration. */
  readonly written: Uint8Array;
  /** Composite `let`s and parameters. */
  readonly objects: (readonly number[])[] = [];
  result: number | readonly number[] = 0;
  /** Over the whole dispatch, workgroup by workgroup. */
  number = 0;
  local = 0;
  globalId: InvocationId = [0, 0, 0];
  steps = 0;
  /** Steps at which the budget is looked at next. */
  nextCheck = 0;
  /** Where it returned, in the source. */
  returnedAt = 0;
  /** What a quad operation brings. */
  received: number | readonly number[] = 0;

  constructor(cells: number) {
    this.cells = new Float64Array(cells);
    this.written = new Uint8Array(cells);
  }
}

/** A storage or uniform buffer bound to a variable. */
export class BoundBuffer {
  readonly global: Global;
  readonly index: number;
  readonly bytes: ArrayBuffer;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  /** Only where the program may write: reads of the rest cannot race. */
  readonly shadow: Shadow | undefined;

  constructor(global: Global, index: number, bytes: ArrayBuffer) {
    this.global = global;
    this.index = index;
    this.bytes = bytes;
    this.f32 = new Float32Array(bytes);
    this.i32 = new Int32Array(bytes);
    this.u32 = new Uint32Array(bytes);
    this.shadow = global.space === 'storage' && global.access !== 'read' ? new Shadow() : undefined;
  }
}

/** A variable at its place in workgroup memory or in the cells of an invocation. */
export interface PlacedVariable {
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
  readonly words: number;
}

/** A read or write of one element (a scalar or a vector) by the invocation that is watched. */
export interface Access {
  readonly access: 'read' | 'write';
  readonly space: 'storage' | 'uniform' | 'workgroup';
  readonly variable: string;
  /** The element as WGSL: `y[3]`. */
  readonly element: string;
  /** Index of its first word (4 bytes) within the variable. */
  readonly word: number;
  readonly value: number | readonly number[];
  readonly line: number;
  readonly at: number;
}

export interface Budget {
  /** Statements of one invocation. */
  readonly perInvocation: number;
  /** Statements of one workgroup. */
  readonly perWorkgroup: number;
  /** Barriers that one workgroup passes. */
  readonly barriers: number;
  /** Time of the whole trace. */
  readonly milliseconds: number;
}

/** Raised inside the interpreter when a budget runs out; loops note themselves as it passes. */
export class BudgetExhausted extends Error {
  readonly invocation: Invocation;
  readonly what: string;
  /** From the innermost loop outwards: position and iterations since it was entered. */
  readonly loops: { at: number; iterations: number }[] = [];

  constructor(invocation: Invocation, what: string) {
    super(what);
    this.invocation = invocation;
    this.what = what;
  }
}

/** Steps between two looks at the clock. */
const CHECK_EVERY = 1 << 14;
/** Most accesses that a watched invocation lists. */
const MAX_ACCESSES = 100_000;

export class Machine {
  readonly module: Module;
  readonly findings: Findings;
  readonly budget: Budget;
  layout: Layout;
  /** Values of the overrides, by index. */
  readonly overrides: number[] = [];
  /** First cell of a private variable, first word of a workgroup variable; by index of the global. */
  readonly globalOffsets: (number | undefined)[] = [];
  readonly plainCells = new CellMemory(undefined);
  /** Variables that were declared without an initial value. */
  readonly checkedCells: CellMemory;
  /** Names of the variables in the cells: `describeCell` gives the element. */
  readonly cellVariables: PlacedVariable[] = [];
  /** By index of the global. */
  readonly buffers: (BoundBuffer | undefined)[] = [];
  workgroup = new Float64Array(0);
  readonly workgroupShadow = new Shadow();
  readonly workgroupVariables: PlacedVariable[] = [];
  groupSize: readonly [number, number, number] = [1, 1, 1];
  grid: readonly [number, number, number] = [1, 1, 1];
  /** The address whose race is meant where an access touches one component: the vector's. Set by the place's code. */
  unit = 0;
  /** Number of the invocation whose accesses are listed; -1: none. */
  watched = -1;
  readonly accesses: Access[] = [];
  /** Steps of the workgroup that is running, of invocations looked at so far. */
  groupSteps = 0;
  readonly subgroupSize: number;

  readonly #storage = { number: 0, groupSize: 1, now: 0, since: 0, shared: true };
  readonly #workgroup = { number: 0, groupSize: 1, now: 0, since: 0, shared: false };
  readonly #deadline: number;
  #barriers = 0;

  constructor(module: Module, source: string, layout: Layout, budget: Budget, subgroupSize: number) {
    this.module = module;
    this.findings = new Findings(source);
    this.layout = layout;
    this.budget = budget;
    this.subgroupSize = subgroupSize;
    this.#deadline = performance.now() + budget.milliseconds;
    this.checkedCells = new CellMemory((s, address, at) => this.#unset(s, address, at));
  }

  #unset(s: Invocation, address: number, at: number): void {
    this.findings.add('read-before-write', at, s.globalId, () => {
      const variable = within(this.cellVariables, address);
      const element = variable ? this.layout.describe(variable.name, variable.type, address - variable.offset) : '?';
      return {
        message: `${element} is read in invocation ${idText(s.globalId)} before anything was written to it: it is still zero`,
        values: { element },
      };
    });
  }

  /** @throws BudgetExhausted */
  look(s: Invocation): void {
    if (s.steps > this.budget.perInvocation)
      throw new BudgetExhausted(s, `${countText(this.budget.perInvocation)} steps of one invocation`);
    this.groupSteps += CHECK_EVERY;
    if (this.groupSteps > this.budget.perWorkgroup) {
      throw new BudgetExhausted(s, `${countText(this.budget.perWorkgroup)} steps of one workgroup`);
    }
    this.watchTheClock(s);
    s.nextCheck = s.steps + CHECK_EVERY;
  }

  /** @throws BudgetExhausted */
  watchTheClock(s: Invocation): void {
    if (performance.now() > this.#deadline)
      throw new BudgetExhausted(s, `${countText(this.budget.milliseconds)} ms of the trace`);
  }

  start(s: Invocation): void {
    s.steps = 0;
    s.nextCheck = CHECK_EVERY;
  }

  startWorkgroup(): void {
    const size = this.groupSize[0] * this.groupSize[1] * this.groupSize[2];
    for (const moment of [this.#storage, this.#workgroup]) {
      moment.groupSize = size;
      moment.now++;
      moment.since = moment.now;
    }
    this.groupSteps = 0;
    this.#barriers = 0;
  }

  /** All invocations of the workgroup have met at a barrier of this address space. @returns whether the budget allows it */
  passBarrier(space: 'storage' | 'workgroup'): boolean {
    this.#barriers++;
    this.#storage.now++;
    this.#workgroup.now++;
    const moment = space === 'storage' ? this.#storage : this.#workgroup;
    moment.since = moment.now;
    return this.#barriers <= this.budget.barriers;
  }

  /** Global id of an invocation by its number. */
  idOf(number: number): InvocationId {
    const [sx, sy, sz] = this.groupSize;
    const size = sx * sy * sz;
    const group = Math.floor(number / size);
    const local = number % size;
    const [gx, gy] = this.grid;
    return [
      (group % gx) * sx + (local % sx),
      (Math.floor(group / gx) % gy) * sy + (Math.floor(local / sx) % sy),
      Math.floor(group / (gx * gy)) * sz + Math.floor(local / (sx * sy)),
    ];
  }

  touchBuffer(
    buffer: BoundBuffer,
    s: Invocation,
    element: number,
    writes: boolean,
    at: number,
    value: number | readonly number[],
  ): void {
    const { shadow } = buffer;
    if (shadow) {
      this.#storage.number = s.number;
      const other = writes ? shadow.write(element, this.#storage, at) : shadow.read(element, this.#storage, at);
      if (other) this.#race(s, other, writes, at, 'storage', value, () => this.#bufferElement(buffer, element));
    }
    if (s.number === this.watched) {
      const space = buffer.global.space === 'uniform' ? 'uniform' : 'storage';
      this.#list(writes, space, buffer.global.name, this.#bufferElement(buffer, element), element, value, at);
    }
  }

  touchWorkgroup(s: Invocation, element: number, writes: boolean, at: number, value: number | readonly number[]): void {
    const moment = this.#workgroup;
    moment.number = s.number;
    if (!writes && !this.workgroupShadow.writtenInGroup(element, moment)) {
      this.findings.add('read-before-write', at, s.globalId, () => ({
        message: `${this.workgroupElement(element)} is read in invocation ${idText(s.globalId)} before any invocation of its workgroup has written it: it is still zero`,
      }));
    }
    const other = writes ? this.workgroupShadow.write(element, moment, at) : this.workgroupShadow.read(element, moment, at);
    if (other) this.#race(s, other, writes, at, 'workgroup', value, () => this.workgroupElement(element));
    if (s.number === this.watched) {
      const variable = within(this.workgroupVariables, element);
      const word = element - (variable?.offset ?? 0);
      this.#list(writes, 'workgroup', variable?.name ?? '', this.workgroupElement(element), word, value, at);
    }
  }

  workgroupElement(element: number): string {
    const variable = within(this.workgroupVariables, element);
    return variable ? this.layout.describe(variable.name, variable.type, element - variable.offset, true) : '?';
  }

  #bufferElement({ global }: BoundBuffer, element: number): string {
    return this.layout.describe(global.name, global.type, element, true);
  }

  #list(
    writes: boolean,
    space: Access['space'],
    variable: string,
    element: string,
    word: number,
    value: number | readonly number[],
    at: number,
  ): void {
    if (this.accesses.length >= MAX_ACCESSES) return;
    const line = this.findings.lineOf(at);
    this.accesses.push({ access: writes ? 'write' : 'read', space, variable, element, word, value, line, at });
  }

  /** Both lines of a race are marked, the later one first: that is where the barrier is missing before. */
  #race(
    s: Invocation,
    other: Other,
    writes: boolean,
    at: number,
    space: 'storage' | 'workgroup',
    value: number | readonly number[],
    describe: () => string,
  ): void {
    const sides = [
      { at, id: s.globalId, writes, other: { at: other.at, id: this.idOf(other.number), writes: other.writes } },
      { at: other.at, id: this.idOf(other.number), writes: other.writes, other: { at, id: s.globalId, writes } },
    ].sort((a, b) => b.at - a.at);
    if (this.findings.lineOf(at) === this.findings.lineOf(other.at)) sides.pop();
    for (const side of sides) {
      this.findings.add('race', side.at, side.id, () => {
        const element = describe();
        const line = this.findings.lineOf(side.other.at);
        const here = this.findings.lineOf(side.at) === line;
        const verbs = `invocation ${idText(side.id)} ${side.writes ? 'writes' : 'reads'} ${element}, and ${idText(side.other.id)} ${side.other.writes ? 'writes' : 'reads'} it ${here ? 'here too' : `at line ${line}`}`;
        const values: Record<string, number | string> = { element, other: idText(side.other.id), otherLine: line };
        if (typeof value === 'number') values.value = value;
        return { message: `${verbs}: ${advice(space, other)}`, values };
      });
    }
  }
}

const within = (variables: readonly PlacedVariable[], address: number): PlacedVariable | undefined =>
  variables.find(({ offset, words }) => address >= offset && address < offset + words);

function advice(space: 'storage' | 'workgroup', { otherGroup, wrongBarrier }: Other): string {
  if (otherGroup) return 'they belong to two workgroups, and nothing orders two workgroups of one dispatch';
  const barrier = space === 'storage' ? 'storageBarrier()' : 'workgroupBarrier()';
  if (!wrongBarrier) return `no ${barrier} lies between the two`;
  const passed = space === 'storage' ? 'workgroupBarrier() orders workgroup memory' : 'storageBarrier() orders storage memory';
  return `${passed} only, and no ${barrier} lies between the two`;
}

export const countText = (count: number): string => count.toLocaleString('en-US');
