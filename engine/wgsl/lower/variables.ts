/** Bindings and variables of a kernel: which of them live in memory, and which as values in slots. */
import { WgslCompileError } from '../compile-error.ts';
import type { Entry, Func, Module, Type, Value } from '../typed.ts';
import { Builtins } from './builtins.ts';
import { EffectTable } from './effects.ts';
import { Flow, type Join } from './flow.ts';
import { Graph, type Node } from './graph.ts';
import { Lanes } from './lanes.ts';
import { Layout, type Leaf } from './layout.ts';
import { type Counter, type Memory, type MemoryRef, pointTo } from './memory.ts';
import { Operations } from './operations.ts';

export interface KernelInput {
  readonly module: Module;
  readonly entry: Entry;
  readonly overrides: Readonly<Record<string, number>>;
  readonly uniform: Uint8Array | undefined;
  readonly lengths: Readonly<Record<string, number>>;
  readonly grid: readonly [number, number, number] | undefined;
}

/** Part of a variable that lives in slots. `lane`: one component of a vector of four. */
export interface SlotRef {
  readonly kind: 'slots';
  readonly base: number;
  readonly type: Type;
  readonly lane: Node | undefined;
  readonly variable: string;
}

export type Ref = SlotRef | MemoryRef;

export interface Frame {
  readonly func: Func;
  readonly index: number;
  readonly values: Map<number, readonly Node[]>;
  readonly refs: Map<number, Ref>;
  readonly result: { readonly base: number; readonly join: Join } | undefined;
}

const MOST_LEAVES = 256;

export abstract class Variables {
  protected readonly module: Module;
  protected readonly entry: Entry;
  protected readonly input: KernelInput;
  protected readonly inMemory: ReadonlySet<string>;
  protected readonly graph = new Graph();
  protected readonly o: Operations;
  protected readonly builtins: Builtins;
  protected readonly layout: Layout;
  protected readonly effects: EffectTable;
  protected readonly flow: Flow;
  protected readonly counter: Counter = { proved: 0, clamped: 0 };
  protected readonly overrides = new Map<number, Node>();
  protected readonly globals = new Map<number, Ref>();
  protected readonly uniformAt = new Map<Memory, Uint8Array>();
  /** Conditions on the lengths of bindings that are not known yet. */
  protected readonly checks: Node[] = [];
  protected scratch = 0;
  protected scratchNode: Node | undefined;
  protected memories = 0;
  protected frame: Frame | undefined;

  constructor(input: KernelInput, inMemory: ReadonlySet<string>) {
    this.input = input;
    this.module = input.module;
    this.entry = input.entry;
    this.inMemory = inMemory;
    this.o = new Operations(this.graph, new Lanes(this.graph));
    this.builtins = new Builtins(this.o);
    this.layout = new Layout(input.module);
    this.effects = new EffectTable(input.module);
    this.flow = new Flow(this.graph, this.o);
    this.o.range = (node) => this.flow.range(node);
  }

  protected fail(message: string): never {
    throw new WgslCompileError(this.module.path, this.entry.name, message);
  }

  /** A number that overrides decide. */
  protected abstract constant(value: Value): number;

  protected bind(func: Func): number[] {
    const g = this.graph;
    const args = g.parameter(0, 'i32');
    const walk = this.effects.ofFunction(this.entry.func);
    const used = func.globals.map((index) => [index, this.module.globals[index] as Module['globals'][number]] as const);
    const bound = used
      .filter(([, { binding }]) => binding !== undefined)
      .sort(([, a], [, b]) => (a.binding as number) - (b.binding as number) || (a.group as number) - (b.group as number));
    bound.forEach(([index, global], position) => {
      const uniform = global.space === 'uniform' ? this.input.uniform : undefined;
      const least = this.leastSize(global.type);
      const known =
        global.space === 'uniform' ? (uniform ? Math.max(uniform.length, least) : least) : this.input.lengths[global.name];
      if (known !== undefined && known < least) {
        this.fail(`the binding '${global.name}' needs at least ${least} bytes and has ${known}`);
      }
      const lengthNode = known === undefined ? g.load('i32', args, 12 + 8 * position, g.root, 'args') : undefined;
      if (lengthNode) this.checks.push(g.make('i32.ge_u', [lengthNode, g.i32(least)]));
      const memory = this.newMemory({
        base: g.load('i32', args, 8 + 8 * position, g.root, 'args'),
        length: known,
        lengthNode,
        isConstant: !walk.globals.has(index),
        name: global.name,
      });
      if (uniform) this.uniformAt.set(memory, uniform);
      this.globals.set(index, pointTo(g, memory, global.type));
    });
    for (const [index, global] of used) {
      if (global.space !== 'workgroup') continue;
      const type = this.sized(global.type);
      const memory = this.inScratch(this.layout.size(type), global.name);
      this.globals.set(index, pointTo(g, memory, type));
    }
    return bound.map(([, { binding }]) => binding as number);
  }

  /** A type whose array lengths are numbers. */
  protected sized(type: Type): Type {
    if (type.kind !== 'array') return type;
    const length = typeof type.length === 'object' ? this.constant(type.length) : type.length;
    return { ...type, length, element: this.sized(type.element) };
  }

  /** Bytes that a binding of this type has at least: one element of a runtime-sized array. */
  protected leastSize(type: Type): number {
    if (type.kind === 'array' && type.length === undefined) return type.stride;
    if (type.kind === 'struct') {
      const last = this.layout.members(type).at(-1);
      if (last?.type.kind === 'array' && last.type.length === undefined) return last.offset + last.type.stride;
    }
    return this.layout.size(type);
  }

  protected newMemory(memory: Omit<Memory, 'state'>): Memory {
    const state = this.memories++;
    this.flow.memories[state] = 0;
    return { ...memory, state };
  }

  protected inScratch(bytes: number, name: string): Memory {
    const g = this.graph;
    this.scratchNode ??= g.load('i32', g.parameter(0, 'i32'), 0, g.root, 'args');
    const base = g.make('i32.add', [this.scratchNode, g.i32(this.scratch)]);
    const length = Math.ceil(bytes / 16) * 16;
    this.scratch += length;
    return this.newMemory({ base, length: bytes, lengthNode: undefined, isConstant: false, name });
  }

  protected readonly places = new Map<string, Memory>();
  /** Variables of a loop's body that are made before it, because \`continuing\` sees them. */
  protected readonly declared = new Set<Ref>();

  protected variable(name: string, type: Type): Ref {
    const leaves = this.layout.leaves(type);
    if (this.inMemory.has(name) || leaves.length > MOST_LEAVES) {
      // One place for each variable: functions do not call themselves.
      let memory = this.places.get(name);
      if (!memory) {
        memory = this.inScratch(this.layout.size(type), name);
        this.places.set(name, memory);
      }
      return pointTo(this.graph, memory, type);
    }
    const base = this.flow.slots.length;
    for (const leaf of leaves) this.flow.slots.push(this.zeroLeaf(leaf));
    return { kind: 'slots', base, type, lane: undefined, variable: name };
  }

  protected zeroLeaf({ wasm }: Leaf): Node {
    const g = this.graph;
    return wasm === 'v128' ? g.v128([0, 0, 0, 0]) : wasm === 'f32' ? g.f32(0) : g.i32(0);
  }

  protected zero(type: Type): Node[] {
    return this.layout.leaves(type).map((leaf) => this.zeroLeaf(leaf));
  }

  protected get current(): Frame {
    return this.frame as Frame;
  }
}
