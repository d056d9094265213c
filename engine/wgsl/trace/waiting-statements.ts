/** Statements that may wait, as generators: they yield what they wait for and go on when the workgroup has come to it. */
import type { ForStatement, LoopStatement, Statement, Value } from '../typed.ts';
import { type Compiler, constantOf, type NumberCode, slotOf } from './code.ts';
import { isComposite } from './layout.ts';
import type { Invocation } from './machine.ts';
import {
  BREAK,
  caseOf,
  compileBody,
  leaveSwitch,
  NEXT,
  passedLoop,
  RETURN,
  type Signal,
  type StatementCode,
  weightOf,
} from './statements.ts';
import { isBarrier, isQuad, type Waiting } from './suspend.ts';

/** What an invocation waits for. */
export interface Suspension {
  readonly kind: 'barrier' | 'quad';
  /** The built-in function. */
  readonly name: string;
  readonly at: number;
  readonly space: 'storage' | 'workgroup';
  /** What a quad operation gives to the others. */
  readonly value: number | readonly number[];
}

export type Waits = Generator<Suspension, Signal, void>;
export type WaitingCode = (s: Invocation) => Waits;
type Runs = (s: Invocation) => Generator<Suspension, void, void>;

/** A compiler that also knows the functions that wait. */
export interface WaitingCompiler extends Compiler {
  readonly waiting: Waiting;
  callWaiting(func: number, args: readonly Value[]): Runs;
}

export function compileWaitingBody(c: WaitingCompiler, body: readonly Statement[]): WaitingCode {
  // Runs of statements that do not wait stay plain code.
  const steps: ({ code: StatementCode } | { waits: WaitingCode })[] = [];
  for (let i = 0; i < body.length; ) {
    let end = i;
    while (end < body.length && !c.waiting.statement(body[end] as Statement)) end++;
    if (end > i) steps.push({ code: compileBody(c, body.slice(i, end)) });
    if (end < body.length) steps.push({ waits: compileWaiting(c, body[end] as Statement) });
    i = end + 1;
  }
  return function* (s) {
    for (const step of steps) {
      const signal = 'code' in step ? step.code(s) : yield* step.waits(s);
      if (signal !== NEXT) return signal;
    }
    return NEXT;
  };
}

function compileWaiting(c: WaitingCompiler, statement: Statement): WaitingCode {
  switch (statement.kind) {
    case 'evaluate':
      return alone(c, statement.value, undefined);
    case 'let':
      return alone(c, statement.value, statement.local);
    case 'block':
      return compileWaitingBody(c, statement.body);
    case 'if': {
      const condition = c.number(statement.condition);
      const known = constantOf(condition);
      if (known !== undefined) return compileWaitingBody(c, known !== 0 ? statement.then : statement.otherwise);
      const yes = compileWaitingBody(c, statement.then);
      const no = compileWaitingBody(c, statement.otherwise);
      return function* (s) {
        return yield* condition(s) !== 0 ? yes(s) : no(s);
      };
    }
    case 'switch': {
      const selector = c.number(statement.selector);
      const chosen = caseOf(statement.cases);
      const bodies = statement.cases.map(({ body }) => compileWaitingBody(c, body));
      return function* (s) {
        const body = bodies[chosen(selector(s))];
        return body ? leaveSwitch(yield* body(s)) : NEXT;
      };
    }
    case 'for':
    case 'loop':
      return waitingLoop(c, statement);
    default:
      throw new Error(`a ${statement.kind} that waits was not taken apart`);
  }
}

function waitingLoop(c: WaitingCompiler, statement: ForStatement | LoopStatement): WaitingCode {
  const { machine } = c;
  const isFor = statement.kind === 'for';
  const initial = compileWaitingBody(c, isFor && statement.initial ? [statement.initial] : []);
  const condition: NumberCode = isFor && statement.condition ? c.number(statement.condition) : () => 1;
  const after = compileWaitingBody(c, isFor ? (statement.update ? [statement.update] : []) : statement.continuing);
  const leave = !isFor && statement.breakIf ? c.number(statement.breakIf) : undefined;
  const body = compileWaitingBody(c, statement.body);
  const weight = weightOf(statement);
  const { at } = statement;
  return function* (s) {
    yield* initial(s);
    let iterations = 0;
    try {
      while (condition(s) !== 0) {
        iterations++;
        s.steps += weight;
        if (s.steps >= s.nextCheck) machine.look(s);
        const signal = yield* body(s);
        if (signal === BREAK) return NEXT;
        if (signal === RETURN) return RETURN;
        yield* after(s);
        if (leave && leave(s) !== 0) return NEXT;
      }
      return NEXT;
    } catch (error) {
      throw passedLoop(error, at, iterations);
    }
  };
}

/** A waiting call as a statement or as the value of a `let`. */
function alone(c: WaitingCompiler, value: Value, local: number | undefined): WaitingCode {
  const runs = value.kind === 'call' ? c.callWaiting(value.func, value.arguments) : builtin(c, value);
  const slot = local === undefined ? undefined : slotOf(c.scope, local);
  return function* (s) {
    yield* runs(s);
    if (slot) {
      if (typeof s.result === 'number') s.cells[slot.cell] = s.result;
      else s.objects[slot.object] = s.result;
    }
    return NEXT;
  };
}

function builtin(c: WaitingCompiler, value: Value): Runs {
  if (value.kind !== 'builtin') throw new Error(`a ${value.kind} does not wait`);
  const { name, at, arguments: args } = value;
  const argument = args[0];
  if (isBarrier(name)) {
    const space = name === 'storageBarrier' ? 'storage' : 'workgroup';
    const wait: Suspension = { kind: 'barrier', name, at, space, value: 0 };
    if (!argument) {
      return function* () {
        yield wait;
      };
    }
    // workgroupUniformLoad: a barrier, the load, and a barrier.
    const load: Value = { kind: 'load', place: { kind: 'deref', pointer: argument, type: value.type, at }, type: value.type, at };
    const code = isComposite(value.type) ? c.words(load) : c.number(load);
    return function* (s) {
      yield wait;
      const loaded = code(s);
      yield wait;
      s.result = loaded;
    };
  }
  if (!isQuad(name) || !argument) throw new Error(`${name} does not wait`);
  const code = isComposite(argument.type) ? c.words(argument) : c.number(argument);
  return function* (s) {
    yield { kind: 'quad', name, at, space: 'workgroup', value: code(s) };
    s.result = s.received;
  };
}
