/** Statements but loops. */
import type { ForStatement, Func, LoopStatement, Statement, Value } from '../typed.ts';
import { VOID } from '../typed.ts';
import type { Join } from './flow.ts';
import { MOST_NODES, Values } from './values.ts';
import type { Frame } from './variables.ts';

export abstract class Statements extends Values {
  protected abstract for(s: ForStatement): void;
  protected abstract loop(s: LoopStatement): void;

  protected body(statements: readonly Statement[]): void {
    const flow = this.flow;
    const depth = flow.slots.length;
    for (const statement of statements) {
      if (!flow.alive) return;
      this.statement(statement);
    }
    if (flow.alive) flow.slots.length = depth;
  }

  protected statement(s: Statement): void {
    const flow = this.flow;
    if (this.graph.size > MOST_NODES) this.fail('the kernel is too large for the CPU device');
    switch (s.kind) {
      case 'let': {
        if (s.value.type.kind === 'pointer') {
          this.current.refs.set(s.local, this.pointer(s.value));
          return;
        }
        const value = this.value(s.value);
        for (const node of value) flow.root(node);
        this.current.values.set(s.local, value);
        return;
      }
      case 'var': {
        const { type } = this.current.func.locals[s.local] as Func['locals'][number];
        const initial = s.initial ? this.value(s.initial) : undefined;
        const known = this.current.refs.get(s.local);
        const isMade = known !== undefined && this.declared.has(known);
        const ref = isMade ? known : this.variable(`${this.current.index} ${s.local}`, type);
        this.current.refs.set(s.local, ref);
        if (initial) this.store(ref, initial);
        else if (ref.kind === 'memory') this.clear(ref.memory);
        else if (isMade) this.store(ref, this.zero(type));
        return;
      }
      case 'assign': {
        const ref = this.place(s.place);
        if (!s.operator) {
          this.store(ref, this.value(s.value));
          return;
        }
        const before = this.load(ref);
        const right = this.value(s.value);
        this.store(ref, this.o.binary(s.operator, s.place.type, before, right));
        return;
      }
      case 'evaluate':
        this.evaluate(s.value);
        return;
      case 'block':
        this.body(s.body);
        return;
      case 'if':
        flow.if(
          this.scalar(s.condition),
          () => this.body(s.then),
          () => this.body(s.otherwise),
        );
        return;
      case 'switch':
        this.switch(s);
        return;
      case 'for':
        this.for(s);
        return;
      case 'loop':
        this.loop(s);
        return;
      case 'break':
        flow.leave(flow.breakTarget as Join);
        return;
      case 'continue':
        flow.leave(flow.continueTarget as Join);
        return;
      case 'return': {
        const { result } = this.current;
        if (s.value && result) {
          this.value(s.value).forEach((node, i) => {
            flow.slots[result.base + i] = node;
            flow.root(node);
          });
        }
        flow.leave((result as NonNullable<Frame['result']>).join);
        return;
      }
    }
  }

  protected evaluate(value: Value): void {
    if (value.kind === 'builtin' && value.type === VOID)
      this.fail(`'${value.name}' needs the invocations of a workgroup at once, which the CPU device runs one by one`);
    if (value.type.kind === 'pointer') this.pointer(value);
    else this.value(value);
  }

  protected switch(s: Extract<Statement, { kind: 'switch' }>): void {
    const flow = this.flow;
    const g = this.graph;
    const selector = this.scalar(s.selector);
    const cases = s.cases;
    const otherwise = cases.find(({ isDefault }) => isDefault);
    flow.breakable(() => {
      const known = flow.range(selector);
      if (known.lo === known.hi) {
        const value = known.lo | 0;
        const chosen = cases.find(({ values }) => values.some((v) => (v | 0) === value)) ?? otherwise;
        if (chosen) this.body(chosen.body);
        return;
      }
      const from = (index: number): void => {
        const next = cases[index];
        if (!next) {
          if (otherwise) this.body(otherwise.body);
          return;
        }
        if (next === otherwise && next.values.length === 0) {
          from(index + 1);
          return;
        }
        const matches = next.values
          .map((value) => g.make('i32.eq', [selector, g.i32(value | 0)]))
          .reduce((a, b) => g.make('i32.or', [a, b]), g.i32(0));
        flow.if(
          matches,
          () => this.body(next.body),
          () => from(index + 1),
        );
      };
      from(0);
    });
  }
}
