/** Writes a lowered kernel as the instructions of one WebAssembly function. */
import type { Copy, Graph, Item, Node, Region } from '../lower/graph.ts';
import { Code, type FunctionBody } from './encoder.ts';
import type { WasmType } from './opcodes.ts';
import { type Placement, place } from './place.ts';

/** Numbers of the functions that a kernel calls. */
export type FunctionIndex = (name: string) => number;

export interface Signature {
  readonly parameters: readonly WasmType[];
  /** The value that the function leaves; undefined for a kernel. */
  readonly result: Node | undefined;
  readonly exported: string | undefined;
}

export function emitFunction(graph: Graph, signature: Signature, functions: FunctionIndex): FunctionBody {
  return new Emission(graph, signature, functions).run();
}

const LANES: Readonly<Record<string, number>> = {
  'i32x4.extract_lane': 0x1b,
  'i32x4.replace_lane': 0x1c,
  'f32x4.extract_lane': 0x1f,
  'f32x4.replace_lane': 0x20,
};

class Emission {
  readonly #graph: Graph;
  readonly #signature: Signature;
  readonly #functions: FunctionIndex;
  readonly #placement: Placement;
  readonly #code = new Code();
  readonly #types: WasmType[] = [];
  readonly #locals = new Map<Node, number>();
  readonly #done = new Set<Node>();
  /** What `br` counts: blocks, loops and undefined for an `if`. */
  readonly #labels: (Item | undefined)[] = [];
  #region: Region;

  constructor(graph: Graph, signature: Signature, functions: FunctionIndex) {
    this.#graph = graph;
    this.#signature = signature;
    this.#functions = functions;
    const { result } = signature;
    // A function's result counts as stored, so that it is placed.
    if (result) graph.root.items.push({ kind: 'store', address: graph.i32(0), offset: -1, value: result });
    this.#placement = place(graph);
    this.#region = graph.root;
  }

  run(): FunctionBody {
    const { parameters, result, exported } = this.#signature;
    this.#items(this.#graph.root, this.#graph.root.items);
    return { parameters, results: result ? [result.type] : [], locals: this.#types, code: this.#code, exported };
  }

  #local(node: Node): number {
    let local = this.#locals.get(node);
    if (local === undefined) {
      local = this.#signature.parameters.length + this.#types.push(node.type) - 1;
      this.#locals.set(node, local);
    }
    return local;
  }

  #items(region: Region, items: readonly Item[]): void {
    for (const item of items) {
      this.#region = region;
      this.#item(region, item);
    }
  }

  #item(region: Region, item: Item): void {
    const code = this.#code;
    const { placement } = { placement: this.#placement };
    if (item.kind === 'root') {
      const node = item.value;
      if (placement.live.has(node) && placement.place.get(node) === region && !this.#done.has(node)) this.#define(node);
      return;
    }
    if (item.kind === 'copies') {
      this.#copy(item.copies);
      return;
    }
    if (item.kind === 'br') {
      if (placement.needed.has(item.target)) code.br(this.#depth(item.target));
      return;
    }
    if (!placement.needed.has(item)) return;
    for (const node of placement.before.get(item) ?? []) if (!this.#done.has(node)) this.#define(node);
    switch (item.kind) {
      case 'store':
        if (item.offset < 0) {
          this.#push(item.value);
          return;
        }
        this.#push(item.address);
        this.#push(item.value);
        code.store(item.value.type, item.value.type === 'v128' ? 4 : 2, item.offset);
        return;
      case 'fill':
        this.#push(item.address);
        code.i32(0).i32(item.bytes).bytes([0xfc, 0x0b, 0x00]);
        return;
      case 'block':
        this.#labels.push(item);
        code.block();
        this.#items(region, item.items);
        code.end();
        this.#labels.pop();
        return;
      case 'loop':
        this.#copy(item.entry);
        this.#labels.push(item);
        code.loop();
        this.#items(item.body, item.body.items);
        code.end();
        this.#labels.pop();
        return;
      case 'back':
        if (item.condition) this.#push(item.condition);
        this.#copy(item.copies);
        if (item.condition) code.brIf(this.#depth(item.loop));
        else code.br(this.#depth(item.loop));
        return;
      case 'if':
        this.#if(item);
        return;
    }
  }

  #if({ condition, yes, no }: Extract<Item, { kind: 'if' }>): void {
    const code = this.#code;
    if (condition.op === 'const') {
      const chosen = condition.immediate === 0 ? no : yes;
      this.#items(chosen, chosen.items);
      return;
    }
    this.#push(condition);
    const leaves = this.#onlyLeaves(yes);
    if (leaves !== undefined) {
      code.brIf(leaves);
      this.#items(no, no.items);
      return;
    }
    this.#labels.push(undefined);
    code.if();
    this.#items(yes, yes.items);
    if (no.items.some((item) => this.#does(item))) {
      code.else();
      this.#items(no, no.items);
    }
    code.end();
    this.#labels.pop();
  }

  /** Where a region does nothing but leave: the distance to where. */
  #onlyLeaves(region: Region): number | undefined {
    const active = region.items.filter((item) => this.#does(item));
    const [only] = active;
    return active.length === 1 && only?.kind === 'br' ? this.#depth(only.target) : undefined;
  }

  #does(item: Item): boolean {
    if (item.kind === 'root') return this.#placement.live.has(item.value);
    if (item.kind === 'copies') return item.copies.some(([phi, value]) => phi !== value && this.#placement.live.has(phi));
    if (item.kind === 'br') return this.#placement.needed.has(item.target);
    return this.#placement.needed.has(item);
  }

  #depth(target: Item): number {
    const index = this.#labels.lastIndexOf(target);
    if (index < 0) throw new Error('a branch leaves for a block that is not open');
    return this.#labels.length - 1 - index;
  }

  /** All at once: a value may be another phi's old content. */
  #copy(copies: readonly Copy[]): void {
    const active = copies.filter(([phi, value]) => phi !== value && this.#placement.live.has(phi));
    for (const [, value] of active) this.#push(value);
    for (const [phi] of active.toReversed()) this.#code.set(this.#local(phi));
  }

  /** Computes a value into its local. */
  #define(node: Node): void {
    if (node.op === 'parameter' || node.op === 'phi') return;
    this.#compute(node);
    this.#done.add(node);
    this.#code.set(this.#local(node));
  }

  #push(node: Node): void {
    const code = this.#code;
    if (node.op === 'parameter') {
      code.get(node.immediate as number);
      return;
    }
    if (node.op === 'phi' || this.#done.has(node)) {
      code.get(this.#local(node));
      return;
    }
    this.#compute(node);
    if (!this.#placement.stored.has(node)) return;
    if (this.#placement.place.get(node) !== this.#region) throw new Error(`a value (${node.op}) is used before its place`);
    this.#done.add(node);
    code.tee(this.#local(node));
  }

  #compute(node: Node): void {
    const code = this.#code;
    const { op, args } = node;
    const [a, b] = args as [Node, Node];
    switch (op) {
      case 'const':
        if (node.type === 'i32') code.i32(node.immediate as number);
        else if (node.type === 'f32') code.f32(node.immediate as number);
        else code.v128(node.immediate as readonly number[]);
        return;
      case 'load':
      case 'read':
        this.#push(a);
        code.load(node.type, node.type === 'v128' ? 4 : 2, node.immediate as number);
        return;
      case 'select':
        for (const arg of args) this.#push(arg);
        code.byte(0x1b);
        return;
      case 'min_u':
      case 'min_s':
      case 'max_u':
      case 'max_s':
        for (const arg of [a, b, a, b]) this.#push(arg);
        code.op(`i32.${op.startsWith('min') ? 'lt' : 'gt'}_${op.slice(4)}`).byte(0x1b);
        return;
      case 'f32.pmin':
      case 'f32.pmax':
        for (const arg of [b, a, b, a]) this.#push(arg);
        code.op(op === 'f32.pmin' ? 'f32.lt' : 'f32.gt').byte(0x1b);
        return;
      case 'shuffle': {
        this.#push(a);
        this.#push(b);
        code.bytes([0xfd, 0x0d]);
        for (const lane of node.immediate as readonly number[]) for (let i = 0; i < 4; i++) code.byte(4 * lane + i);
        return;
      }
      case 'f32x4.splat':
        if (a.op === 'load' && !this.#placement.stored.has(a)) {
          this.#push(a.args[0] as Node);
          code.loadSplat(a.immediate as number);
          return;
        }
        break;
      default:
        break;
    }
    for (const arg of args) this.#push(arg);
    const lane = LANES[op];
    if (lane !== undefined) code.bytes([0xfd, lane, node.immediate as number]);
    else if (op.startsWith('call.')) code.call(this.#functions(op.slice(5)));
    else code.op(op);
  }
}
