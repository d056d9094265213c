/**
 * Functions that may wait for other invocations (barriers, quad operations) run as generators. For that each waiting call must stand
 * alone: `x = f(quadSwapX(v)) + 1` becomes `let t = quadSwapX(v); x = f(t) + 1`. What WGSL evaluates before the call is taken into a
 * `let` too, so the order of evaluation stays.
 */
import type { Func, Local, Module, Place, Statement, Type, Value } from '../typed.ts';

const BARRIERS: ReadonlySet<string> = new Set(['workgroupBarrier', 'storageBarrier', 'workgroupUniformLoad']);
const QUADS: ReadonlySet<string> = new Set(['quadSwapX', 'quadSwapY', 'quadSwapDiagonal']);

export const isBarrier = (name: string): boolean => BARRIERS.has(name);
export const isQuad = (name: string): boolean => QUADS.has(name);

/** Which functions of a module may wait, and which expressions and statements of one. */
export class Waiting {
  readonly #functions: boolean[] = [];
  readonly #module: Module;

  constructor(module: Module) {
    this.#module = module;
    // Callees stand before callers.
    for (const func of module.functions) this.#functions.push(func.body.some((statement) => this.statement(statement)));
  }

  func(index: number): boolean {
    return this.#functions[index] === true;
  }

  statement(statement: Statement): boolean {
    return (
      valuesOf(statement).some((value) => this.value(value)) ||
      placesOf(statement).some((place) => this.#place(place)) ||
      bodiesOf(statement).some((body) => body.some((inner) => this.statement(inner)))
    );
  }

  value(value: Value): boolean {
    if (this.isCall(value)) return true;
    if (value.kind === 'load' || value.kind === 'address') return this.#place(value.place);
    return operandsOf(value).some((operand) => this.value(operand));
  }

  /** Whether the value is itself a call that waits (its arguments aside). */
  isCall(value: Value): boolean {
    if (value.kind === 'call') return this.func(value.func);
    return value.kind === 'builtin' && (isBarrier(value.name) || isQuad(value.name));
  }

  #place(place: Place): boolean {
    if (place.kind === 'deref') return this.value(place.pointer);
    if (place.kind === 'element') return this.#place(place.base) || this.value(place.index);
    return place.kind === 'member' && this.#place(place.base);
  }

  placeWaits(place: Place): boolean {
    return this.#place(place);
  }

  /** The function with every waiting call alone in a `let` or statement. */
  lift(index: number): Func {
    const func = this.#module.functions[index] as Func;
    return this.func(index) ? new Lifter(this, func).lift() : func;
  }
}

function operandsOf(value: Value): readonly Value[] {
  switch (value.kind) {
    case 'unary':
    case 'convert':
    case 'bitcast':
    case 'swizzle':
    case 'extract':
      return [value.operand];
    case 'binary':
      return [value.left, value.right];
    case 'extractAt':
      return [value.operand, value.index];
    case 'builtin':
    case 'call':
      return value.arguments;
    case 'construct':
      return value.parts;
    default:
      return [];
  }
}

function withOperands(value: Value, operands: readonly Value[]): Value {
  const [first, second] = operands as [Value, Value];
  switch (value.kind) {
    case 'unary':
    case 'convert':
    case 'bitcast':
    case 'swizzle':
    case 'extract':
      return { ...value, operand: first };
    case 'binary':
      return { ...value, left: first, right: second };
    case 'extractAt':
      return { ...value, operand: first, index: second };
    case 'builtin':
    case 'call':
      return { ...value, arguments: operands };
    case 'construct':
      return { ...value, parts: operands };
    default:
      return value;
  }
}

function valuesOf(statement: Statement): readonly Value[] {
  const given = (...values: (Value | undefined)[]) => values.filter((value) => value !== undefined);
  switch (statement.kind) {
    case 'let':
    case 'assign':
    case 'evaluate':
      return [statement.value];
    case 'var':
      return given(statement.initial);
    case 'if':
      return [statement.condition];
    case 'switch':
      return [statement.selector];
    case 'for':
      return given(statement.condition);
    case 'loop':
      return given(statement.breakIf);
    case 'return':
      return given(statement.value);
    default:
      return [];
  }
}

const placesOf = (statement: Statement): readonly Place[] => (statement.kind === 'assign' ? [statement.place] : []);

function bodiesOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.kind) {
    case 'block':
      return [statement.body];
    case 'if':
      return [statement.then, statement.otherwise];
    case 'switch':
      return statement.cases.map(({ body }) => body);
    case 'for':
      return [statement.body, ...[statement.initial, statement.update].flatMap((one) => (one ? [[one]] : []))];
    case 'loop':
      return [statement.body, statement.continuing];
    default:
      return [];
  }
}

function branch(condition: Value, yes: readonly Statement[], no: readonly Statement[], at: number): Statement {
  // biome-ignore lint/suspicious/noThenProperty: the word of the language, in an object that nobody awaits
  return { kind: 'if', condition, then: yes, otherwise: no, at };
}

class Lifter {
  readonly #waiting: Waiting;
  readonly #func: Func;
  readonly #locals: Local[];

  constructor(waiting: Waiting, func: Func) {
    this.#waiting = waiting;
    this.#func = func;
    this.#locals = [...func.locals];
  }

  lift(): Func {
    const body = this.#statements(this.#func.body);
    return { ...this.#func, body, locals: this.#locals };
  }

  #local(kind: 'let' | 'var', type: Type, at: number): number {
    return this.#locals.push({ name: '…', kind, type, builtin: undefined, at }) - 1;
  }

  /** Takes a value into a `let` before the statement. */
  #keep(value: Value, before: Statement[]): Value {
    const local = this.#local('let', value.type, value.at);
    before.push({ kind: 'let', local, value, at: value.at });
    return { kind: 'local', local, type: value.type, at: value.at };
  }

  #statements(body: readonly Statement[]): Statement[] {
    return body.flatMap((statement) => {
      if (!this.#waiting.statement(statement)) return [statement];
      const before: Statement[] = [];
      const lifted = this.#statement(statement, before);
      return [...before, lifted];
    });
  }

  #one(statement: Statement | undefined): Statement | undefined {
    if (!statement) return undefined;
    const [first, ...rest] = this.#statements([statement]);
    return rest.length === 0 ? first : { kind: 'block', body: [first as Statement, ...rest], at: statement.at };
  }

  #statement(statement: Statement, before: Statement[]): Statement {
    switch (statement.kind) {
      case 'let':
        return { ...statement, value: this.#root(statement.value, before) };
      case 'evaluate':
        return { ...statement, value: this.#root(statement.value, before) };
      case 'var':
        return { ...statement, initial: statement.initial && this.#value(statement.initial, before) };
      case 'assign': {
        const place = this.#place(statement.place, before, this.#waiting.value(statement.value));
        return { ...statement, place, value: this.#value(statement.value, before) };
      }
      case 'return':
        return { ...statement, value: statement.value && this.#value(statement.value, before) };
      case 'block':
        return { ...statement, body: this.#statements(statement.body) };
      case 'if': {
        const condition = this.#value(statement.condition, before);
        return branch(condition, this.#statements(statement.then), this.#statements(statement.otherwise), statement.at);
      }
      case 'switch': {
        const selector = this.#value(statement.selector, before);
        return { ...statement, selector, cases: statement.cases.map((one) => ({ ...one, body: this.#statements(one.body) })) };
      }
      case 'for': {
        const { condition, at } = statement;
        const made = { ...statement, initial: this.#one(statement.initial), update: this.#one(statement.update) };
        const body = this.#statements(statement.body);
        if (!condition || !this.#waiting.value(condition)) return { ...made, body };
        // The condition waits, so it becomes the first statement of the body: `if (!condition) { break; }`.
        const test: Statement[] = [];
        const lifted = this.#value(condition, test);
        const leave = branch(lifted, [], [{ kind: 'break', at }], at);
        return { ...made, condition: undefined, body: [...test, leave, ...body] };
      }
      case 'loop': {
        const continuing = this.#statements(statement.continuing);
        const breakIf = statement.breakIf && this.#value(statement.breakIf, continuing);
        return { ...statement, body: this.#statements(statement.body), continuing, breakIf };
      }
      default:
        return statement;
    }
  }

  /** A value that stands alone already. */
  #root(value: Value, before: Statement[]): Value {
    if (!this.#waiting.isCall(value)) return this.#value(value, before);
    return withOperands(value, this.#operands(operandsOf(value), before));
  }

  #value(value: Value, before: Statement[]): Value {
    if (!this.#waiting.value(value)) return value;
    if (value.kind === 'load' || value.kind === 'address') return { ...value, place: this.#place(value.place, before, false) };
    if (value.kind === 'binary' && (value.operator === '&&' || value.operator === '||')) return this.#logical(value, before);
    const lifted = withOperands(value, this.#operands(operandsOf(value), before));
    return this.#waiting.isCall(value) ? this.#keep(lifted, before) : lifted;
  }

  /** Operands in order; what stands before one that waits is kept. */
  #operands(operands: readonly Value[], before: Statement[]): Value[] {
    const last = operands.findLastIndex((operand) => this.#waiting.value(operand));
    return operands.map((operand, i) => {
      if (this.#waiting.value(operand)) {
        const lifted = this.#value(operand, before);
        return i < last && lifted.kind !== 'local' ? this.#keep(lifted, before) : lifted;
      }
      const fixed = operand.kind === 'literal' || operand.kind === 'override' || operand.kind === 'local';
      return i > last || fixed ? operand : this.#keep(operand, before);
    });
  }

  #logical(value: Value & { kind: 'binary' }, before: Statement[]): Value {
    const { left, right, operator, type, at } = value;
    const local = this.#local('var', type, at);
    const place: Place = { kind: 'variable', local, type, at };
    before.push({ kind: 'var', local, initial: this.#value(left, before), at });
    const then: Statement[] = [];
    const result = this.#value(right, then);
    then.push({ kind: 'assign', place, operator: undefined, value: result, at });
    const condition: Value = { kind: 'load', place, type, at };
    const [yes, no] = operator === '&&' ? [then, []] : [[], then];
    before.push(branch(condition, yes, no, at));
    return { kind: 'load', place, type, at };
  }

  /** @param keep indices must be evaluated now, as something that waits comes after them */
  #place(place: Place, before: Statement[], keep: boolean): Place {
    if (place.kind === 'deref') return { ...place, pointer: this.#part(place.pointer, before, keep) };
    if (place.kind === 'element') {
      const base = this.#place(place.base, before, keep || this.#waiting.value(place.index));
      return { ...place, base, index: this.#part(place.index, before, keep) };
    }
    return place.kind === 'member' ? { ...place, base: this.#place(place.base, before, keep) } : place;
  }

  #part(value: Value, before: Statement[], keep: boolean): Value {
    const lifted = this.#value(value, before);
    const fixed = lifted.kind === 'literal' || lifted.kind === 'override' || lifted.kind === 'local';
    return !keep || fixed ? lifted : this.#keep(lifted, before);
  }
}
