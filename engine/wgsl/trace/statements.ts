/** Statements as code. A statement says how it ended; loops count the steps that the budget allows. */
import type { ForStatement, LoopStatement, Statement, Value } from '../typed.ts';
import { checkedOperation } from './arithmetic.ts';
import { type Compiler, constantOf, localOf, type NumberCode, scalarOf, slotOf } from './code.ts';
import { isComposite } from './layout.ts';
import { BudgetExhausted, type Invocation } from './machine.ts';
import { loadNumber, loadWords, type PlaceCode, storeNumber, storeWords } from './places.ts';

export const NEXT = 0;
export const BREAK = 1;
export const CONTINUE = 2;
export const RETURN = 3;
export type Signal = number;

export type StatementCode = (s: Invocation) => Signal;

export function compileBody(c: Compiler, body: readonly Statement[]): StatementCode {
  const codes = body.map((statement) => compileStatement(c, statement));
  const [first, second] = codes;
  if (!first) return () => NEXT;
  if (!second) return first;
  return (s) => {
    for (let i = 0; i < codes.length; i++) {
      const signal = (codes[i] as StatementCode)(s);
      if (signal !== NEXT) return signal;
    }
    return NEXT;
  };
}

function compileStatement(c: Compiler, statement: Statement): StatementCode {
  switch (statement.kind) {
    case 'let':
      return setLocal(c, statement.local, statement.value);
    case 'var':
      return declare(c, statement.local, statement.initial);
    case 'assign':
      return assign(c, statement);
    case 'evaluate':
      return evaluate(c, statement.value);
    case 'block':
      return compileBody(c, statement.body);
    case 'if':
      return branch(c, statement);
    case 'switch':
      return compileSwitch(c, statement);
    case 'for':
    case 'loop':
      return compileLoop(c, statement);
    case 'break':
      return () => BREAK;
    case 'continue':
      return () => CONTINUE;
    case 'return':
      return giveBack(c, statement.value, statement.at);
  }
}

function setLocal(c: Compiler, local: number, value: Value): StatementCode {
  const { cell, object } = slotOf(c.scope, local);
  if (isComposite(value.type)) {
    const words = c.words(value);
    return (s) => {
      s.objects[object] = words(s);
      return NEXT;
    };
  }
  const code = c.number(value);
  return (s) => {
    s.cells[cell] = code(s);
    return NEXT;
  };
}

function declare(c: Compiler, local: number, initial: Value | undefined): StatementCode {
  const { type } = localOf(c.scope, local);
  const { cell } = slotOf(c.scope, local);
  const end = cell + c.machine.layout.words(type);
  const empty = initial?.kind === 'construct' && initial.parts.length === 0;
  if (!initial || empty) {
    const written = empty ? 1 : 0;
    return (s) => {
      s.cells.fill(0, cell, end);
      s.written.fill(written, cell, end);
      return NEXT;
    };
  }
  if (!isComposite(type)) {
    const code = c.number(initial);
    return (s) => {
      s.cells[cell] = code(s);
      s.written[cell] = 1;
      return NEXT;
    };
  }
  const words = c.words(initial);
  return (s) => {
    const value = words(s);
    for (let i = 0; i < value.length; i++) s.cells[cell + i] = value[i] as number;
    s.written.fill(1, cell, end);
    return NEXT;
  };
}

function assign(c: Compiler, { place, operator, value, at }: Statement & { kind: 'assign' }): StatementCode {
  const target = c.place(place);
  const { address } = target;
  if (isComposite(target.type)) {
    const store = storeWords(c, target);
    const words = c.words(value);
    if (!operator) {
      return (s) => {
        const a = address(s);
        const result = words(s);
        if (a >= 0) store(s, a, result);
        return NEXT;
      };
    }
    const { current, load } = held(target);
    const op = checkedOperation(c.machine, operator, scalarOf(target.type), at);
    const before = loadWords(c, load);
    return (s) => {
      const a = address(s);
      current.address = a;
      const left = before(s);
      const right = words(s);
      if (a >= 0)
        store(
          s,
          a,
          right.map((x, i) => op(s, left[i] as number, x)),
        );
      return NEXT;
    };
  }
  const store = storeNumber(c, target);
  const code = c.number(value);
  const { machine } = c;
  if (!operator) {
    return (s) => {
      const a = address(s);
      const { unit } = machine;
      const result = code(s);
      machine.unit = unit;
      if (a >= 0) store(s, a, result);
      return NEXT;
    };
  }
  const { current, load } = held(target);
  const op = checkedOperation(machine, operator, scalarOf(target.type), at);
  const before = loadNumber(c, load);
  return (s) => {
    const a = address(s);
    const { unit } = machine;
    current.address = a;
    const left = before(s);
    const right = code(s);
    machine.unit = unit;
    const result = op(s, left, right);
    if (a >= 0) store(s, a, result);
    return NEXT;
  };
}

/** The place at an address that has been evaluated already: `place op= value` evaluates it once. */
function held(target: PlaceCode): { current: { address: number }; load: PlaceCode } {
  const current = { address: -1 };
  const constant = constantOf(target.address);
  if (constant !== undefined) return { current, load: target };
  return { current, load: { ...target, address: () => current.address } };
}

function evaluate(c: Compiler, value: Value): StatementCode {
  if (value.kind === 'call') {
    const run = c.call(value.func, value.arguments);
    return (s) => {
      run(s);
      return NEXT;
    };
  }
  const code = isComposite(value.type) ? c.words(value) : c.number(value);
  return (s) => {
    code(s);
    return NEXT;
  };
}

function branch(c: Compiler, { condition, then, otherwise }: Statement & { kind: 'if' }): StatementCode {
  const code = c.number(condition);
  const known = constantOf(code);
  if (known !== undefined) return compileBody(c, known !== 0 ? then : otherwise);
  const yes = compileBody(c, then);
  const no = compileBody(c, otherwise);
  return (s) => (code(s) !== 0 ? yes(s) : no(s));
}

function compileSwitch(c: Compiler, { selector, cases }: Statement & { kind: 'switch' }): StatementCode {
  const code = c.number(selector);
  const chosen = caseOf(cases);
  const known = constantOf(code);
  if (known !== undefined) {
    const body = compileBody(c, cases[chosen(known)]?.body ?? []);
    return (s) => leaveSwitch(body(s));
  }
  const bodies = cases.map(({ body }) => compileBody(c, body));
  return (s) => {
    const body = bodies[chosen(code(s))];
    return body ? leaveSwitch(body(s)) : NEXT;
  };
}

export const leaveSwitch = (signal: Signal): Signal => (signal === BREAK ? NEXT : signal);

/** Index of the case of a value; -1 where none matches. */
export function caseOf(cases: (Statement & { kind: 'switch' })['cases']): (value: number) => number {
  const byValue = new Map(cases.flatMap(({ values }, i) => values.map((value) => [value, i] as const)));
  const otherwise = cases.findIndex(({ isDefault }) => isDefault);
  return (value) => byValue.get(value) ?? otherwise;
}

function compileLoop(c: Compiler, statement: ForStatement | LoopStatement): StatementCode {
  const { machine } = c;
  const isFor = statement.kind === 'for';
  const initial = isFor && statement.initial ? compileBody(c, [statement.initial]) : undefined;
  const condition: NumberCode = isFor && statement.condition ? c.number(statement.condition) : () => 1;
  const after = compileBody(c, isFor ? (statement.update ? [statement.update] : []) : statement.continuing);
  const leave = !isFor && statement.breakIf ? c.number(statement.breakIf) : undefined;
  const body = compileBody(c, statement.body);
  const weight = weightOf(statement);
  const { at } = statement;
  return (s) => {
    initial?.(s);
    let iterations = 0;
    try {
      while (condition(s) !== 0) {
        iterations++;
        s.steps += weight;
        if (s.steps >= s.nextCheck) machine.look(s);
        const signal = body(s);
        if (signal === BREAK) return NEXT;
        if (signal === RETURN) return RETURN;
        after(s);
        if (leave && leave(s) !== 0) return NEXT;
      }
      return NEXT;
    } catch (error) {
      throw passedLoop(error, at, iterations);
    }
  };
}

/** A budget that ran out notes the loops it passes, from the innermost outwards. */
export function passedLoop(error: unknown, at: number, iterations: number): unknown {
  if (error instanceof BudgetExhausted) error.loops.push({ at, iterations });
  return error;
}

/** Steps of one iteration: the statements of the body, without those of loops inside. */
export function weightOf(statement: ForStatement | LoopStatement): number {
  return 1 + countStatements(statement.body);
}

export function countStatements(body: readonly Statement[]): number {
  return body.reduce((sum, statement) => {
    if (statement.kind === 'block') return sum + countStatements(statement.body);
    if (statement.kind === 'if') return sum + 1 + countStatements(statement.then) + countStatements(statement.otherwise);
    return sum + 1;
  }, 0);
}

function giveBack(c: Compiler, value: Value | undefined, at: number): StatementCode {
  if (!value) {
    return (s) => {
      s.returnedAt = at;
      return RETURN;
    };
  }
  const code = isComposite(value.type) ? c.words(value) : c.number(value);
  return (s) => {
    s.result = code(s);
    return RETURN;
  };
}
