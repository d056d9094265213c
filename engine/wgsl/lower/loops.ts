/** Loops: marked and small ones are expanded, counting ones say how far their counter goes. */
import type { ForStatement, Func, LoopStatement } from '../typed.ts';
import type { EffectTable } from './effects.ts';
import type { Counting, Join } from './flow.ts';
import type { Node } from './graph.ts';
import { type Range, signed, unsigned } from './range.ts';
import { Statements } from './statements.ts';
import type { Ref } from './variables.ts';

const MOST_ROUNDS = 4096;
const SMALL_ROUNDS = 8;
const SMALL_WEIGHT = 250;

export abstract class Loops extends Statements {
  /** Slots and memories that a statement may change. */
  protected carried(walk: ReturnType<EffectTable['of']>): { slots: number[]; memories: number[] } {
    const slots = new Set<number>();
    const memories = new Set<number>();
    const add = (ref: Ref | undefined): void => {
      if (!ref) return;
      if (ref.kind === 'memory') memories.add(ref.memory.state);
      else for (let i = 0; i < (ref.lane ? 1 : this.layout.count(ref.type)); i++) slots.add(ref.base + i);
    };
    for (const local of walk.variables) add(this.current.refs.get(local));
    for (const local of walk.pointers) add(this.current.refs.get(local));
    for (const global of walk.globals) add(this.globals.get(global));
    // Variables in memory that functions called here declare.
    for (const [name, memory] of this.places)
      if (walk.calls || name.startsWith(`${this.current.index} `)) memories.add(memory.state);
    return { slots: [...slots].filter((slot) => slot < this.flow.slots.length).sort((a, b) => a - b), memories: [...memories] };
  }

  protected for(s: ForStatement): void {
    const flow = this.flow;
    const depth = flow.slots.length;
    if (s.initial) this.statement(s.initial);
    if (!flow.alive) return;
    if (s.unroll || this.isSmall(s)) this.expand(s);
    else {
      const condition = s.condition;
      const walk = this.effects.of(s);
      const carried = this.carried(walk);
      const update = () => {
        if (s.update) this.statement(s.update);
      };
      if (condition && this.effects.calls(condition)) {
        // A condition that does something stands where it stands.
        this.plainLoop(
          carried,
          () =>
            flow.if(
              this.scalar(condition),
              () => this.body(s.body),
              () => flow.leave(flow.breakTarget as Join),
            ),
          update,
        );
      } else {
        flow.loop({
          ...carried,
          condition: condition ? () => this.scalar(condition) : undefined,
          start: this.induction(s),
          isInnermost: !this.effects.ofBody(s.body).loops,
          body: () => this.body(s.body),
          update,
        });
      }
    }
    flow.slots.length = Math.min(flow.slots.length, depth);
  }

  protected plainLoop(carried: { slots: number[]; memories: number[] }, body: () => void, update: () => void): void {
    this.flow.loop({ ...carried, condition: undefined, start: undefined, body, update });
  }

  /** A loop of few rounds with a small body is expanded, marked or not. */
  protected isSmall(s: ForStatement): boolean {
    const { condition, update } = s;
    if (!condition || !update || update.kind !== 'assign' || update.place.kind !== 'variable') return false;
    const variable = update.place.local;
    const ref = this.current.refs.get(variable);
    if (ref?.kind !== 'slots' || ref.lane) return false;
    const start = this.flow.slots[ref.base] as Node;
    if (start.op !== 'const' || this.effects.ofBody(s.body).variables.has(variable)) return false;
    const weight = this.effects.ofBody(s.body).weight;
    if (weight > SMALL_WEIGHT / 2) return false;
    // Count the rounds on a copy of the variables.
    const slots = [...this.flow.slots];
    const { items } = this.flow;
    let rounds = 0;
    let isKnown = true;
    this.flow.items = [];
    for (; rounds <= SMALL_ROUNDS; rounds++) {
      if (this.effects.calls(condition)) {
        isKnown = false;
        break;
      }
      const holds = this.scalar(condition);
      if (holds.op !== 'const') {
        isKnown = false;
        break;
      }
      if (holds.immediate === 0) break;
      this.statement(update);
    }
    this.flow.items = items;
    this.flow.slots = slots;
    return isKnown && rounds <= SMALL_ROUNDS && rounds * weight <= SMALL_WEIGHT;
  }

  protected expand(s: ForStatement): void {
    const flow = this.flow;
    flow.breakable(() => {
      for (let round = 0; flow.alive; round++) {
        if (round > MOST_ROUNDS) this.fail(`a loop marked '@unroll' has more than ${MOST_ROUNDS} rounds`);
        if (s.condition) {
          const condition = this.scalar(s.condition);
          const known = flow.facts.decide(condition);
          if (known === false) return;
          if (known === undefined) return this.rest(s);
        }
        flow.round(() => this.body(s.body));
        if (flow.alive && s.update) this.statement(s.update);
      }
    });
  }

  /** A loop whose rounds are not known after all. */
  protected rest(s: ForStatement): void {
    this.for({ ...s, initial: undefined, unroll: false });
  }

  /** What a counting loop says about its counter: from where, and how far. */
  protected induction(s: ForStatement): ((phis: ReadonlyMap<number, Node>) => Counting | undefined) | undefined {
    const flow = this.flow;
    const { update, condition } = s;
    if (!condition || update?.kind !== 'assign' || update.operator !== '+' || update.place.kind !== 'variable') return undefined;
    const ref = this.current.refs.get(update.place.local);
    if (ref?.kind !== 'slots' || ref.lane || ref.type.kind !== 'scalar') return undefined;
    const body = this.effects.ofBody(s.body);
    if (body.variables.has(update.place.local) || this.reaches(body, ref.base)) return undefined;
    const initial = flow.range(flow.slots[ref.base] as Node);
    const isSigned = ref.type.scalar === 'i32';
    const [view, limit]: [(range: Range) => Range, number] = isSigned ? [signed, 2 ** 31] : [unsigned, 2 ** 32];
    const start = view(initial);
    const first = flow.slots[ref.base] as Node;
    const g = this.graph;
    return (phis) => {
      const phi = phis.get(ref.base);
      if (!phi) return undefined;
      const step = view(flow.range(this.scalar(update.value)));
      if (step.lo < 0) return undefined;
      const test = this.scalar(condition);
      const [left, right] = test.args;
      const strict = test.op === (isSigned ? 'i32.lt_s' : 'i32.lt_u');
      if (!left || !right || !(strict || test.op === (isSigned ? 'i32.le_s' : 'i32.le_u'))) return undefined;
      // counter + ahead < end, where neither side wraps around
      const distance = left.args[1];
      const isAhead = left.op === 'i32.add' && left.args[0] === phi && distance?.op === 'const';
      const ahead = left === phi ? 0 : isAhead ? (distance.immediate as number) : -1;
      if (ahead < 0) return undefined;
      const end = view(flow.range(right));
      const last = end.hi - Number(strict) - ahead;
      const hi = Math.max(start.hi, last + step.hi);
      const isBounded = hi + ahead < limit;
      if (isBounded) flow.bound(phi, { lo: start.lo, hi });
      if (step.hi >= 2 ** 29 || ahead >= 2 ** 29) return undefined;
      const half = g.i32(-(2 ** 31));
      // In steps of more than 1, the last value is the last that the first leads to.
      const most = g.make('i32.sub', [right, g.i32(ahead + Number(strict))]);
      const by = this.scalar(update.value);
      const way = g.make('i32.sub', [most, first]);
      const isStep = by.op === 'const' && (by.immediate as number) > 1;
      return {
        phi,
        first,
        last: isStep ? g.make('i32.add', [first, g.make('i32.mul', [g.make('i32.div_u', [way, by]), by])]) : most,
        conditions: isBounded && start.lo >= 0 ? [] : [g.make('i32.lt_u', [first, half]), g.make('i32.lt_u', [right, half])],
      };
    };
  }

  /** Whether a body writes a slot through a pointer. */
  protected reaches(walk: ReturnType<EffectTable['of']>, slot: number): boolean {
    for (const local of walk.pointers) {
      const ref = this.current.refs.get(local);
      if (ref?.kind === 'slots' && slot >= ref.base && slot < ref.base + this.layout.count(ref.type)) return true;
    }
    return false;
  }

  protected loop(s: LoopStatement): void {
    const flow = this.flow;
    const breakIf = s.breakIf;
    const inner = () => {
      // `continuing` sees the variables of the body.
      for (const statement of s.body) {
        if (statement.kind !== 'var') continue;
        const ref = this.variable(
          `${this.current.index} ${statement.local}`,
          (this.current.func.locals[statement.local] as Func['locals'][number]).type,
        );
        this.current.refs.set(statement.local, ref);
        this.declared.add(ref);
      }
      flow.round(() => this.body(s.body));
      if (!flow.alive) return;
      for (const statement of s.continuing) this.statement(statement);
      if (breakIf)
        flow.if(
          this.scalar(breakIf),
          () => flow.leave(flow.breakTarget as Join),
          () => undefined,
        );
    };
    this.plainLoop(this.carried(this.effects.of(s)), inner, () => undefined);
  }
}
