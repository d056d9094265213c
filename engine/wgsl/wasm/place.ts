/**
 * Decides what a kernel computes at all, and where: each value in the region where it is needed, but outside of every loop in which it does
 * not change (global code motion after Click, PLDI 1995).
 */
import { type Graph, type Item, type Loop, type Node, type Region, TWICE } from '../lower/graph.ts';

export interface Placement {
  readonly place: ReadonlyMap<Node, Region>;
  /** Values that get a local. */
  readonly stored: ReadonlySet<Node>;
  /** Items that do something. */
  readonly needed: ReadonlySet<Item>;
  readonly live: ReadonlySet<Node>;
  /** Values that must be there before an item, because something inside of it uses them. */
  readonly before: ReadonlyMap<Item, readonly Node[]>;
}

interface Owner {
  readonly item: Item;
  readonly region: Region;
}

export function place(graph: Graph): Placement {
  return new Placing(graph).run();
}

class Placing {
  readonly #graph: Graph;
  readonly #parents = new Map<Item, Item | undefined>();
  readonly #owners = new Map<Region, Owner>();
  readonly #regions = new Map<Item, Region>();
  readonly #copies = new Map<Node, { readonly value: Node; readonly item: Item }[]>();
  readonly #backs = new Map<Loop, Item[]>();
  readonly #effects: Item[] = [];
  readonly #needed = new Set<Item>();
  readonly #live = new Set<Node>();
  readonly #work: Node[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  run(): Placement {
    this.#survey(this.#graph.root, this.#graph.root.items, undefined);
    for (const item of this.#effects) this.#need(item);
    for (let node = this.#work.pop(); node; node = this.#work.pop()) this.#spread(node);
    return this.#place();
  }

  #survey(region: Region, items: readonly Item[], parent: Item | undefined): void {
    for (const item of items) {
      this.#parents.set(item, parent);
      this.#regions.set(item, region);
      switch (item.kind) {
        case 'store':
        case 'fill':
          this.#effects.push(item);
          break;
        case 'copies':
          for (const [phi, value] of item.copies) this.#copy(phi, value, item);
          break;
        case 'block':
          this.#survey(region, item.items, item);
          break;
        case 'if':
          for (const side of [item.yes, item.no]) {
            this.#owners.set(side, { item, region });
            this.#survey(side, side.items, item);
          }
          break;
        case 'loop':
          for (const [phi, value] of item.entry) this.#copy(phi, value, item);
          this.#owners.set(item.body, { item, region });
          this.#survey(item.body, item.body.items, item);
          break;
        case 'back':
          for (const [phi, value] of item.copies) this.#copy(phi, value, item);
          this.#backs.set(item.loop, [...(this.#backs.get(item.loop) ?? []), item]);
          break;
        default:
          break;
      }
    }
  }

  #copy(phi: Node, value: Node, item: Item): void {
    const list = this.#copies.get(phi);
    if (list) list.push({ value, item });
    else this.#copies.set(phi, [{ value, item }]);
  }

  #need(item: Item): void {
    if (this.#needed.has(item)) return;
    this.#needed.add(item);
    if (item.kind === 'if') this.#want(item.condition);
    if (item.kind === 'store') {
      this.#want(item.address);
      this.#want(item.value);
    }
    if (item.kind === 'fill') this.#want(item.address);
    if (item.kind === 'back' && item.condition) this.#want(item.condition);
    if (item.kind === 'loop') for (const back of this.#backs.get(item) ?? []) this.#need(back);
    const parent = this.#parents.get(item);
    if (parent) this.#need(parent);
    // A block stands and falls with what leaves it.
    const owner = this.#owners.get(this.#regions.get(item) as Region);
    if (owner) this.#need(owner.item);
  }

  #want(node: Node): void {
    if (this.#live.has(node)) return;
    this.#live.add(node);
    this.#work.push(node);
  }

  #spread(node: Node): void {
    for (const arg of node.args) this.#want(arg);
    if (node.op !== 'phi') return;
    for (const { value, item } of this.#copies.get(node) ?? []) {
      this.#want(value);
      this.#need(item);
    }
  }

  #place(): Placement {
    const late = new Map<Node, Region>();
    const uses = new Map<Node, number>();
    const places = new Map<Node, Region>();
    const users = new Map<Node, Region[]>();
    const use = (node: Node, region: Region, count = 1): void => {
      uses.set(node, (uses.get(node) ?? 0) + count);
      const known = late.get(node);
      late.set(node, known ? common(known, region) : region);
      const list = users.get(node);
      if (list) list.push(region);
      else users.set(node, [region]);
    };
    for (const item of this.#needed) {
      const region = this.#regions.get(item) as Region;
      if (item.kind === 'if') use(item.condition, region);
      else if (item.kind === 'store') {
        use(item.address, region);
        use(item.value, region);
      } else if (item.kind === 'fill') use(item.address, region);
      else if (item.kind === 'back' && item.condition) use(item.condition, region);
    }
    for (const [phi, list] of this.#copies) {
      if (!this.#live.has(phi)) continue;
      for (const { value, item } of list) if (value !== phi) use(value, this.#regions.get(item) as Region);
    }
    const stored = new Set<Node>();
    const nodes = [...this.#live].sort((a, b) => b.id - a.id);
    for (const node of nodes) {
      if (node.op === 'phi') {
        places.set(node, node.home);
        stored.add(node);
        continue;
      }
      const least = late.get(node);
      if (!least || node.op === 'parameter') continue;
      const region = node.op === 'read' ? node.home : best(least, node.home);
      if (node.op === 'const' && (!isCostly(node) || region.loopDepth === least.loopDepth)) continue;
      places.set(node, region);
      const twice = TWICE.has(node.op) ? 2 : 1;
      for (const arg of node.args) use(arg, region, twice);
      const isSpread = (users.get(node) as Region[]).some((other) => other !== region);
      if (node.op === 'read' || isSpread || (uses.get(node) as number) > 1) stored.add(node);
    }
    return { place: places, stored, needed: this.#needed, live: this.#live, before: this.#before(places, users, stored) };
  }

  #before(
    places: ReadonlyMap<Node, Region>,
    users: ReadonlyMap<Node, readonly Region[]>,
    stored: ReadonlySet<Node>,
  ): Map<Item, Node[]> {
    const before = new Map<Item, Set<Node>>();
    for (const node of stored) {
      const home = places.get(node);
      if (!home || node.op === 'phi') continue;
      for (const region of users.get(node) ?? []) {
        let inner = region;
        let owner: Owner | undefined;
        while (inner !== home) {
          owner = this.#owners.get(inner);
          if (!owner) break;
          inner = owner.region;
        }
        if (!owner || inner !== home) continue;
        const known = before.get(owner.item);
        if (known) known.add(node);
        else before.set(owner.item, new Set([node]));
      }
    }
    return new Map([...before].map(([item, nodes]) => [item, [...nodes].sort((a, b) => a.id - b.id)]));
  }
}

/** A constant that is not part of an instruction: it is kept in a local outside of loops. */
function isCostly(node: Node): boolean {
  if (node.type === 'i32') return false;
  return node.type === 'f32' ? node.immediate !== 0 : (node.immediate as readonly number[]).some((word) => word !== 0);
}

function common(a: Region, b: Region): Region {
  let [x, y] = [a, b];
  while (x !== y) {
    if (x.depth >= y.depth && x.parent) x = x.parent;
    else if (y.parent) y = y.parent;
    else break;
  }
  return x;
}

/** From the latest place up to the earliest: the innermost one in the fewest loops. */
function best(late: Region, early: Region): Region {
  let chosen = late;
  for (let region: Region | undefined = late; region && region.depth >= early.depth; region = region.parent) {
    if (region.loopDepth < chosen.loopDepth) chosen = region;
  }
  return chosen;
}
