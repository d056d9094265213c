/** A module's functions as code over an invocation, for one set of overrides and bound buffers. */
import type { Func, Place, Value } from '../typed.ts';
import { type NumberCode, type Scope, type Slot, slotOf, type WordsCode } from './code.ts';
import { isComposite } from './layout.ts';
import type { Invocation, Machine } from './machine.ts';
import { compilePlace, type PlaceCode } from './places.ts';
import { compileBody, countStatements, type StatementCode } from './statements.ts';
import type { Waiting } from './suspend.ts';
import { numberCode, wordsCode } from './values.ts';
import { compileWaitingBody, type WaitingCode, type WaitingCompiler } from './waiting-statements.ts';

export interface CompiledFunction {
  readonly scope: Scope;
  /** Steps of a call, loops aside. */
  readonly weight: number;
  /** One of the two: functions that wait for other invocations are generators. */
  readonly run: StatementCode | undefined;
  readonly waits: WaitingCode | undefined;
}

/** Evaluates expressions of constants and overrides. */
export function constantValue(machine: Machine, value: Value): number | readonly number[] {
  const scope: Scope = { func: NOTHING, slots: [] };
  const compiler = new FunctionCompiler(machine, undefined, scope, () => undefined);
  const nobody = { globalId: [0, 0, 0] } as unknown as Invocation;
  return isComposite(value.type) ? compiler.words(value)(nobody) : compiler.number(value)(nobody);
}

const NOTHING: Func = {
  name: '',
  parameters: [],
  locals: [],
  returns: undefined,
  body: [],
  calls: [],
  globals: [],
  at: 0,
};

/** Gives every local its cells; functions do not recurse, so each has its own. */
export class Cells {
  count = 0;
  objects = 0;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  take(words: number): number {
    this.count += words;
    return this.count - words;
  }

  scope(func: Func): Scope {
    const unset = new Set<number>();
    visit(func, (local) => unset.add(local));
    const slots = func.locals.map((local, index): Slot => {
      if (local.kind !== 'var' && isComposite(local.type)) return { cell: -1, object: this.objects++, unset: false };
      const words = this.#machine.layout.words(local.type);
      const cell = this.take(words);
      if (local.kind === 'var') this.#machine.cellVariables.push({ name: local.name, type: local.type, offset: cell, words });
      return { cell, object: -1, unset: unset.has(index) };
    });
    return { func, slots };
  }
}

/** Variables declared without an initial value. */
function visit(func: Func, found: (local: number) => void): void {
  const walk = (body: Func['body']): void => {
    for (const statement of body) {
      if (statement.kind === 'var' && !statement.initial) found(statement.local);
      else if (statement.kind === 'block') walk(statement.body);
      else if (statement.kind === 'if') {
        walk(statement.then);
        walk(statement.otherwise);
      } else if (statement.kind === 'switch') for (const { body: inner } of statement.cases) walk(inner);
      else if (statement.kind === 'loop') {
        walk(statement.body);
        walk(statement.continuing);
      } else if (statement.kind === 'for') {
        if (statement.initial) walk([statement.initial]);
        walk(statement.body);
      }
    }
  };
  walk(func.body);
}

/** The functions that an entry point needs, callees first; by index. */
export function compileFunctions(
  machine: Machine,
  waiting: Waiting,
  cells: Cells,
  entry: number,
): (CompiledFunction | undefined)[] {
  const { functions } = machine.module;
  const needed = new Set<number>([entry]);
  for (let i = entry; i >= 0; i--) if (needed.has(i)) for (const callee of functions[i]?.calls ?? []) needed.add(callee);
  const compiled: (CompiledFunction | undefined)[] = functions.map(() => undefined);
  functions.forEach((_, index) => {
    if (!needed.has(index)) return;
    const func = waiting.lift(index);
    const scope = cells.scope(func);
    const c = new FunctionCompiler(machine, waiting, scope, (callee) => compiled[callee]);
    const weight = 1 + countStatements(func.body);
    compiled[index] = waiting.func(index)
      ? { scope, weight, run: undefined, waits: compileWaitingBody(c, func.body) }
      : { scope, weight, run: compileBody(c, func.body), waits: undefined };
  });
  return compiled;
}

class FunctionCompiler implements WaitingCompiler {
  readonly machine: Machine;
  readonly scope: Scope;
  readonly #waiting: Waiting | undefined;
  readonly #compiled: (index: number) => CompiledFunction | undefined;

  constructor(
    machine: Machine,
    waiting: Waiting | undefined,
    scope: Scope,
    compiled: (index: number) => CompiledFunction | undefined,
  ) {
    this.machine = machine;
    this.scope = scope;
    this.#waiting = waiting;
    this.#compiled = compiled;
  }

  get waiting(): Waiting {
    if (!this.#waiting) throw new Error('a constant does not wait');
    return this.#waiting;
  }

  number(value: Value): NumberCode {
    return numberCode(this, value);
  }

  words(value: Value): WordsCode {
    return wordsCode(this, value);
  }

  place(place: Place): PlaceCode {
    return compilePlace(this, place);
  }

  call(func: number, args: readonly Value[]): (s: Invocation) => void {
    const callee = this.#callee(func);
    const { run, weight } = callee;
    if (!run) throw new Error(`${callee.scope.func.name} waits, but its call was not taken apart`);
    const pass = this.#arguments(callee, args);
    return (s) => {
      pass(s);
      s.steps += weight;
      run(s);
    };
  }

  callWaiting(func: number, args: readonly Value[]): ReturnType<WaitingCompiler['callWaiting']> {
    const callee = this.#callee(func);
    const { waits, weight } = callee;
    if (!waits) throw new Error(`${callee.scope.func.name} does not wait`);
    const pass = this.#arguments(callee, args);
    return function* (s) {
      pass(s);
      s.steps += weight;
      yield* waits(s);
    };
  }

  #callee(func: number): CompiledFunction {
    const callee = this.#compiled(func);
    if (!callee) throw new Error(`function ${func} is called before it is compiled`);
    return callee;
  }

  /** Evaluates all arguments before the first parameter is set: an argument may call the same function. */
  #arguments({ scope }: CompiledFunction, args: readonly Value[]): (s: Invocation) => void {
    const codes = args.map((arg) => (isComposite(arg.type) ? this.words(arg) : this.number(arg)));
    const slots = scope.func.parameters.map((local) => slotOf(scope, local));
    const set = (s: Invocation, i: number, value: number | readonly number[]): void => {
      const slot = slots[i] as Slot;
      if (typeof value === 'number') s.cells[slot.cell] = value;
      else s.objects[slot.object] = value;
    };
    const [first] = codes;
    if (codes.length === 0 || !first) return () => undefined;
    if (codes.length === 1) return (s) => set(s, 0, first(s));
    return (s) => {
      const values = codes.map((code) => code(s));
      for (let i = 0; i < values.length; i++) set(s, i, values[i] as number);
    };
  }
}
