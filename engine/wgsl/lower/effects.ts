/** What a piece of program may change: which variables a loop carries from round to round, and which memory. */
import type { Func, Module, Place, Statement, Value } from '../typed.ts';

export class Walk {
  /** `var`s of the function. */
  readonly variables = new Set<number>();
  /** Parameters, and `let`s from before the piece, of pointer type through which something is written. */
  readonly pointers = new Set<number>();
  readonly globals = new Set<number>();
  /** Whether it calls a function. */
  calls = false;
  /** Whether it has a loop that is not marked to be expanded, itself or in a function that it calls. */
  loops = false;
  /** Values and statements seen: a measure of the code's size. */
  weight = 0;
  /** What `let`s of pointer type seen here point to. */
  readonly #addresses = new Map<number, Value>();
  readonly #of: EffectTable;

  constructor(of: EffectTable) {
    this.#of = of;
  }

  statements(body: readonly Statement[]): void {
    for (const statement of body) this.statement(statement);
  }

  statement(s: Statement): void {
    this.weight++;
    switch (s.kind) {
      case 'let':
        if (s.value.type.kind === 'pointer') this.#addresses.set(s.local, s.value);
        this.value(s.value);
        return;
      case 'var':
        this.variables.add(s.local);
        if (s.initial) this.value(s.initial);
        return;
      case 'assign':
        this.written(s.place);
        this.place(s.place);
        this.value(s.value);
        return;
      case 'evaluate':
        this.value(s.value);
        return;
      case 'block':
        this.statements(s.body);
        return;
      case 'if':
        this.value(s.condition);
        this.statements(s.then);
        this.statements(s.otherwise);
        return;
      case 'switch':
        this.value(s.selector);
        for (const { body } of s.cases) this.statements(body);
        return;
      case 'for':
        if (!s.unroll) this.loops = true;
        if (s.initial) this.statement(s.initial);
        if (s.condition) this.value(s.condition);
        if (s.update) this.statement(s.update);
        this.statements(s.body);
        return;
      case 'loop':
        this.loops = true;
        this.statements(s.body);
        this.statements(s.continuing);
        if (s.breakIf) this.value(s.breakIf);
        return;
      case 'return':
        if (s.value) this.value(s.value);
        return;
    }
  }

  /** The variable behind a place that is written. */
  written(place: Place): void {
    switch (place.kind) {
      case 'global':
        this.globals.add(place.global);
        return;
      case 'variable':
        this.variables.add(place.local);
        return;
      case 'deref':
        this.through(place.pointer);
        return;
      default:
        this.written(place.base);
        return;
    }
  }

  through(pointer: Value): void {
    if (pointer.kind === 'address') this.written(pointer.place);
    else if (pointer.kind === 'local') {
      const address = this.#addresses.get(pointer.local);
      if (address) this.through(address);
      else this.pointers.add(pointer.local);
    }
  }

  place(place: Place): void {
    if (place.kind === 'deref') this.value(place.pointer);
    else if (place.kind === 'element') {
      this.value(place.index);
      this.place(place.base);
    } else if (place.kind === 'member') this.place(place.base);
  }

  value(v: Value): void {
    this.weight++;
    switch (v.kind) {
      case 'load':
      case 'address':
        this.place(v.place);
        return;
      case 'unary':
      case 'convert':
      case 'bitcast':
      case 'swizzle':
      case 'extract':
        this.value(v.operand);
        return;
      case 'extractAt':
        this.value(v.operand);
        this.value(v.index);
        return;
      case 'binary':
        this.value(v.left);
        this.value(v.right);
        return;
      case 'construct':
        for (const part of v.parts) this.value(part);
        return;
      case 'builtin':
        for (const argument of v.arguments) this.value(argument);
        return;
      case 'call': {
        this.calls = true;
        const inner = this.#of.ofFunction(v.func);
        for (const global of inner.globals) this.globals.add(global);
        this.weight += inner.weight;
        if (inner.loops) this.loops = true;
        v.arguments.forEach((argument, i) => {
          this.value(argument);
          // Only what the function writes through the pointer counts.
          if (inner.pointers.has(this.#of.parameter(v.func, i))) this.through(argument);
        });
        return;
      }
      default:
        return;
    }
  }
}

export class EffectTable {
  readonly #module: Module;
  readonly #functions = new Map<number, Walk>();
  readonly #loops = new WeakMap<object, Walk>();

  constructor(module: Module) {
    this.#module = module;
  }

  /** The local that is a function's parameter. */
  parameter(func: number, index: number): number {
    return (this.#module.functions[func] as Func).parameters[index] ?? -1;
  }

  ofFunction(index: number): Walk {
    let walk = this.#functions.get(index);
    if (!walk) {
      walk = new Walk(this);
      this.#functions.set(index, walk);
      walk.statements((this.#module.functions[index] as Func).body);
    }
    return walk;
  }

  /** Of one statement. */
  of(statement: Statement): Walk {
    let walk = this.#loops.get(statement);
    if (!walk) {
      walk = new Walk(this);
      walk.statement(statement);
      this.#loops.set(statement, walk);
    }
    return walk;
  }

  /** Of a loop's body alone. */
  ofBody(body: readonly Statement[]): Walk {
    let walk = this.#loops.get(body);
    if (!walk) {
      walk = new Walk(this);
      walk.statements(body);
      this.#loops.set(body, walk);
    }
    return walk;
  }

  /** Whether evaluating a value calls a function. */
  calls(value: Value): boolean {
    const walk = new Walk(this);
    walk.value(value);
    return walk.calls;
  }
}
