/**
 * The path through the program while it is lowered: the region that is being written, the current value of every variable, and the places
 * where paths part and meet. Where paths meet, a variable with different values becomes a phi; where neither side of an `if` does anything
 * but compute, it becomes a selection and the `if` is gone.
 */
import { Facts } from './facts.ts';
import { type Block, type Copy, type Graph, type Item, type Loop, type Node, Region } from './graph.ts';
import { decompose } from './linear.ts';
import type { Operations } from './operations.ts';
import { FULL, intersect, isConstant, type Range, union } from './range.ts';

/** Values of the variables' leaves, and a number for the state of each memory. */
interface State {
  readonly slots: readonly Node[];
  readonly memories: readonly number[];
}

interface Incoming {
  readonly state: State;
  readonly facts: Facts;
  /** Filled in when the paths have met. */
  readonly copies: Copy[];
}

/** Where paths meet: the end of a block. */
export interface Join {
  readonly block: Block;
  readonly incoming: Incoming[];
  readonly region: Region;
  readonly outer: Item[];
  readonly facts: Facts;
  readonly slotCount: number;
}

export interface LoopParts {
  /** Slots that a round may change. */
  readonly slots: readonly number[];
  /** Memories that a round may change. */
  readonly memories: readonly number[];
  /** Whether another round follows; evaluated before the first and after each. Absent: always. */
  readonly condition: (() => Node) | undefined;
  /** Called once the variables of a round have their names: may set ranges of phis, and say which of them counts. */
  readonly start: ((phis: ReadonlyMap<number, Node>) => Counting | undefined) | undefined;
  /** No other loop is inside: it may be written twice, without and with tests of its indices. */
  readonly isInnermost?: boolean;
  body(): void;
  /** After the body and after `continue`. */
  update(): void;
}

/** A variable that counts upwards by the same step in every round. */
export interface Counting {
  readonly phi: Node;
  /** Its value in the first round. */
  readonly first: Node;
  /** At least its value in the last. */
  readonly last: Node;
  /** What must hold so that it does not wrap around. */
  readonly conditions: readonly Node[];
}

/** Collects what must hold before a loop so that its indices need no test inside. */
interface Checker {
  readonly counting: Counting;
  readonly body: Region;
  /** The region before the loop, where the conditions are computed. */
  readonly outside: Region;
  readonly conditions: Set<Node>;
}

/** Nodes that either side of an `if` may have to become a selection. */
const MOST_SPECULATED = 120;
/** Elements that an index may advance from round to round. */
const MOST_FACTOR = 2 ** 24;

export class Flow {
  readonly graph: Graph;
  readonly operations: Operations;
  region: Region;
  items: Item[];
  facts = new Facts();
  alive = true;
  slots: Node[] = [];
  memories: number[] = [];
  #versions = 1;
  readonly #sizes = new WeakMap<Region, number>();
  /** Where reads of memory that hold everywhere may be moved to. */
  free: Region;
  readonly #touched = new WeakMap<Region, { readonly memories: readonly number[]; readonly before: readonly number[] }>();
  #checker: Checker | undefined;
  readonly #breaks: Join[] = [];
  readonly #continues: Join[] = [];

  constructor(graph: Graph, operations: Operations) {
    this.graph = graph;
    this.operations = operations;
    this.region = graph.root;
    this.free = graph.root;
    this.items = graph.root.items;
  }

  range(node: Node): Range {
    return this.facts.range(node);
  }

  /** The content of this memory is no longer what it was. */
  touch(memory: number): void {
    this.memories[memory] = ++this.#versions;
  }

  /** Whether the rounds of a loop may write a memory, or have done so since the round began. */
  touches(body: Region, memory: number): boolean {
    const loop = this.#touched.get(body);
    return !loop || loop.memories.includes(memory) || loop.before[memory] !== this.memories[memory];
  }

  /** Marks a value as wanted here. */
  root(node: Node): void {
    if (node.op !== 'const' && node.op !== 'phi' && node.op !== 'parameter') this.items.push({ kind: 'root', value: node });
  }

  // Blocks ---------------------------------------------------------------------------------------------------------------------

  open(): Join {
    const block: Block = { kind: 'block', items: [] };
    const { region, items, facts } = this;
    const join: Join = { block, incoming: [], region, outer: items, facts, slotCount: this.slots.length };
    this.items = block.items;
    return join;
  }

  /** Leaves for the end of `join`'s block. */
  leave(join: Join): void {
    if (!this.alive) return;
    this.#arrive(join);
    this.items.push({ kind: 'br', target: join.block });
    this.alive = false;
  }

  #arrive(join: Join): void {
    const copies: Copy[] = [];
    join.incoming.push({
      state: { slots: this.slots.slice(0, join.slotCount), memories: [...this.memories] },
      facts: this.facts,
      copies,
    });
    this.items.push({ kind: 'copies', copies });
  }

  close(join: Join): void {
    const { block } = join;
    if (this.alive) {
      if (join.incoming.length === 0) {
        // Nobody left early: no block is needed. (Behind an `if` with one side that left for elsewhere, the other side goes on.)
        for (const item of block.items) join.outer.push(item);
        if (this.items === block.items) this.items = join.outer;
        return;
      }
      this.#arrive(join);
    }
    const { incoming } = join;
    this.#resume(join);
    this.alive = incoming.length > 0;
    const [single] = incoming;
    if (!single) {
      for (const item of block.items) this.items.push(item);
      return;
    }
    const last = block.items.at(-1);
    if (incoming.length === 1 && last?.kind === 'br' && last.target === block) {
      // The only way out stands at the end of the block itself.
      for (const item of block.items.slice(0, -2)) this.items.push(item);
      this.slots = [...single.state.slots];
      this.memories = [...single.state.memories];
      this.facts = single.facts;
      return;
    }
    const selected = incoming.length > 1 ? this.#collapse(block.items, block, incoming) : undefined;
    if (selected) {
      this.slots = [...selected.slots];
      this.memories = [...selected.memories];
      return;
    }
    this.items.push(block);
    this.#merge(incoming);
  }

  #resume({ region, outer, facts }: Join): void {
    this.region = region;
    this.items = outer;
    this.facts = facts;
  }

  /** Gives every variable the value that the paths bring. */
  #merge(incoming: readonly Incoming[]): void {
    const [first, ...rest] = incoming as [Incoming, ...Incoming[]];
    this.slots = first.state.slots.map((value, slot) => {
      const same = rest.every(({ state }) => state.slots[slot] === value);
      if (same && this.region.isWithin(value.home)) return value;
      const phi = this.graph.phi(value.type, this.region);
      if (value.type === 'i32') {
        phi.range = incoming.map(({ state, facts }) => facts.range(state.slots[slot] as Node)).reduce((a, b) => union(a, b));
      }
      for (const { state, copies } of incoming) copies.push([phi, state.slots[slot] as Node]);
      return phi;
    });
    this.memories = first.state.memories.map((version, memory) =>
      rest.every(({ state }) => state.memories[memory] === version) ? version : ++this.#versions,
    );
  }

  /** The state behind items that only compute and then leave for `target`, by one of several ways; undefined if they do more. */
  #collapse(items: readonly Item[], target: Block | undefined, incoming: readonly Incoming[]): State | undefined {
    const roots: Item[] = [];
    const state = this.#collapsed(items, target, incoming, roots, undefined);
    if (!state) return undefined;
    for (const item of roots) this.items.push(item);
    for (const slot of state.slots) if (slot.op === 'select' || slot.op === 'v128.bitselect') this.root(slot);
    return state;
  }

  #collapsed(
    items: readonly Item[],
    target: Block | undefined,
    incoming: readonly Incoming[],
    roots: Item[],
    branch: Region | undefined,
  ): State | undefined {
    for (const [index, item] of items.entries()) {
      if (item.kind === 'root') {
        if (branch && !this.region.isWithin(item.value.home)) return undefined;
        roots.push(item);
      } else if (item.kind === 'copies') {
        const found = incoming.find(({ copies }) => copies === item.copies);
        const next = items[index + 1];
        if (!found || (next && (next.kind !== 'br' || next.target !== target))) return undefined;
        // Values that only exist inside of the branch (reads of memory that its condition protects) keep it.
        return found.state.slots.every(({ home }) => this.region.isWithin(home)) ? found.state : undefined;
      } else if (item.kind === 'if' && index === items.length - 1) {
        if (!this.region.isWithin(item.condition.home)) return undefined;
        const [yes, no] = [item.yes, item.no].map((region) =>
          this.#isCheap(region) ? this.#collapsed(region.items, target, incoming, roots, region) : undefined,
        );
        if (!yes || !no || yes.memories.some((version, memory) => version !== no.memories[memory])) return undefined;
        const slots = yes.slots.map((value, slot) => this.operations.choose(no.slots[slot] as Node, value, item.condition));
        return { slots, memories: yes.memories };
      } else return undefined;
    }
    return undefined;
  }

  #isCheap(region: Region): boolean {
    return (this.#sizes.get(region) ?? 0) <= MOST_SPECULATED;
  }

  // Branches -------------------------------------------------------------------------------------------------------------------

  if(condition: Node, yes: () => void, no: () => void): void {
    const known = this.facts.decide(condition);
    if (known !== undefined) {
      if (known) yes();
      else no();
      return;
    }
    const { region, items, facts } = this;
    const before: State = { slots: [...this.slots], memories: [...this.memories] };
    const count = this.slots.length;
    const side = (truth: boolean, run: () => void) => {
      const inner = new Region(region);
      this.region = inner;
      this.items = inner.items;
      this.facts = facts.assuming(condition, truth);
      this.slots = [...before.slots];
      this.memories = [...before.memories];
      this.alive = true;
      const size = this.graph.size;
      run();
      this.#sizes.set(inner, this.graph.size - size);
      this.slots.length = this.alive ? count : 0;
      return {
        inner,
        region: this.region,
        items: this.items,
        facts: this.facts,
        slots: this.slots,
        memories: this.memories,
        alive: this.alive,
      };
    };
    const then = side(true, yes);
    const otherwise = side(false, no);
    items.push({ kind: 'if', condition, yes: then.inner, no: otherwise.inner });
    this.alive = then.alive || otherwise.alive;
    if (then.alive && otherwise.alive) {
      const incoming = [then, otherwise].map((end): Incoming => {
        const copies: Copy[] = [];
        end.items.push({ kind: 'copies', copies });
        return { state: { slots: end.slots, memories: end.memories }, facts: end.facts, copies };
      });
      this.region = region;
      this.facts = facts;
      this.items = items;
      const wrapped = items.pop() as Item;
      const selected = this.#collapse([wrapped], undefined, incoming);
      if (selected) {
        this.slots = [...selected.slots];
        this.memories = [...selected.memories];
        return;
      }
      this.items.push(wrapped);
      this.#merge(incoming);
      return;
    }
    const end = then.alive ? then : otherwise;
    this.region = end.alive ? end.region : region;
    this.items = end.alive ? end.items : items;
    this.facts = end.alive ? end.facts : facts;
    this.slots = end.alive ? end.slots : [...before.slots];
    this.memories = end.alive ? end.memories : [...before.memories];
  }

  // Loops ----------------------------------------------------------------------------------------------------------------------

  get breakTarget(): Join | undefined {
    return this.#breaks.at(-1);
  }

  get continueTarget(): Join | undefined {
    return this.#continues.at(-1);
  }

  /** Runs `body` as what `break` leaves. */
  breakable(body: () => void): void {
    const join = this.open();
    this.#breaks.push(join);
    body();
    this.#breaks.pop();
    this.close(join);
  }

  /** Runs `body` as one round, which `continue` leaves. */
  round(body: () => void): void {
    const join = this.open();
    this.#continues.push(join);
    body();
    this.#continues.pop();
    this.close(join);
  }

  /** A loop, turned so that its condition stands at the end and what does not change can be computed before it, once it is sure to run. */
  loop(parts: LoopParts): void {
    this.breakable(() => {
      const first = parts.condition?.();
      const core = () => (parts.isInnermost ? this.#checkedBefore(parts) : this.#core(parts, undefined));
      if (first) this.if(first, core, () => undefined);
      else core();
    });
  }

  /**
   * A loop whose indices are sums of a counting variable and of what does not change: where its first and its last value lie inside,
   * all do. Both are tested once before the loop; a second loop that tests each index stands by for where they do not.
   */
  #checkedBefore(parts: LoopParts): void {
    const { region, items, facts, alive } = this;
    const slots = [...this.slots];
    const memories = [...this.memories];
    const side = (conditions: Set<Node> | undefined): Region => {
      const inner = new Region(region);
      this.region = inner;
      this.items = inner.items;
      this.facts = facts;
      this.slots = [...slots];
      this.memories = [...memories];
      this.alive = alive;
      this.#core(parts, conditions);
      return inner;
    };
    const conditions = new Set<Node>();
    const fast = side(conditions);
    const condition = [...conditions].reduce((a, b) => this.graph.make('i32.and', [a, b]), this.graph.i32(1));
    const slow = condition.op === 'const' && condition.immediate === 1 ? new Region(region) : side(undefined);
    items.push({ kind: 'if', condition, yes: fast, no: slow });
    this.region = region;
    this.items = items;
    this.facts = facts;
  }

  /** Whether an index stays below `count` in all rounds of the loop around it, if what was noted before the loop holds. */
  staysBelow(index: Node, count: Node): boolean {
    const checker = this.#checker;
    if (!checker || !this.region.isWithin(checker.body) || !checker.outside.isWithin(count.home)) return false;
    const { counting, outside, conditions } = checker;
    if (!outside.isWithin(counting.first.home) || !outside.isWithin(counting.last.home)) return false;
    const g = this.graph;
    const sum = new Map<Node, number>();
    const constant = decompose(index, 1, sum);
    const factor = sum.get(counting.phi) ?? 0;
    if (factor < 0 || factor > MOST_FACTOR) return false;
    sum.delete(counting.phi);
    let invariant = g.i32(constant);
    for (const [node, by] of sum) {
      if (!outside.isWithin(node.home)) return false;
      invariant = g.make('i32.add', [g.make('i32.mul', [node, g.i32(by)]), invariant]);
    }
    const at = (value: Node) => g.make('i32.add', [invariant, g.make('i32.mul', [value, g.i32(factor)])]);
    conditions.add(g.make('i32.lt_u', [at(counting.first), count]));
    if (factor === 0) return true;
    conditions.add(g.make('i32.lt_u', [at(counting.last), count]));
    // In between it cannot wrap around: no binding has more than 2³⁰ elements.
    const rounds = g.make('i32.sub', [counting.last, counting.first]);
    conditions.add(g.make('i32.le_u', [rounds, g.i32(Math.floor((3 * 2 ** 30) / factor))]));
    for (const condition of counting.conditions) conditions.add(condition);
    return true;
  }

  /** @param conditions collects what must hold before the loop; undefined: every index is tested where it is used */
  #core(parts: LoopParts, conditions: Set<Node> | undefined): void {
    const { region, items, facts } = this;
    const exit = this.#breaks.at(-1) as Join;
    const body = new Region(region, true);
    const loop: Loop = { kind: 'loop', body, entry: [], phis: [] };
    items.push(loop);
    this.region = body;
    this.items = body.items;
    const phis = new Map<number, Node>();
    for (const slot of parts.slots) {
      const value = this.slots[slot] as Node;
      const phi = this.graph.phi(value.type, body);
      loop.entry.push([phi, value]);
      loop.phis.push(phi);
      phis.set(slot, phi);
      this.slots[slot] = phi;
    }
    for (const memory of parts.memories) this.touch(memory);
    this.#touched.set(body, { memories: parts.memories, before: [...this.memories] });
    const counting = parts.start?.(phis);
    const outer = this.#checker;
    const outside = region.parent;
    this.#checker = counting && conditions && outside ? { counting, body, outside, conditions } : undefined;
    if (parts.condition) {
      const holds = parts.condition();
      // The condition has been tested at the end of the round before: only its truth is used here.
      this.facts = facts.assuming(holds, true);
      if (counting && counting.conditions.length === 0) {
        this.facts = this.facts.assuming(this.graph.make('i32.le_u', [counting.phi, counting.last]), true);
      }
    }
    this.round(parts.body);
    if (this.alive) {
      parts.update();
      const condition = parts.condition?.();
      const known = condition && this.facts.decide(condition);
      const copies = parts.slots.map((slot): Copy => [phis.get(slot) as Node, this.slots[slot] as Node]);
      if (known !== false) {
        this.items.push({ kind: 'back', loop, condition: known === undefined ? condition : undefined, copies });
        // Behind the loop its variables hold what the last round left.
        for (const [slot, phi] of phis) this.slots[slot] = phi;
      }
      // What the round's conditions said of its variables does not hold for what it left.
      if (known !== false) this.facts = facts;
      if (condition && known !== true) this.leave(exit);
      this.alive = false;
    }
    this.#checker = outer;
    this.region = region;
    this.items = items;
    this.facts = facts;
  }

  /** Narrows what is known of a phi. */
  bound(phi: Node, range: Range): void {
    phi.range = phi.range === FULL || isConstant(phi.range) ? range : intersect(phi.range, range);
  }
}
