/**
 * One entry point as a graph and a tree of regions: overrides and (where given) the uniform are constants, calls are inlined, marked loops
 * are expanded, variables have become values. Around the invocation stand the loops over workgroups and over a workgroup's invocations.
 */
import { WgslCompileError } from '../compile-error.ts';
import type { Entry, ForStatement, Func, LoopStatement, Module, Place, Statement, Type, Value } from '../typed.ts';
import { VOID } from '../typed.ts';
import { Builtins } from './builtins.ts';
import { EffectTable } from './effects.ts';
import { type Counting, Flow, type Join } from './flow.ts';
import { Graph, type Node } from './graph.ts';
import { Lanes } from './lanes.ts';
import { isVector4, Layout, type Leaf, scalarOf } from './layout.ts';
import { type Counter, elementOf, loadLeaf, type Memory, type MemoryRef, pointTo, storeLeaf } from './memory.ts';
import { Operations } from './operations.ts';
import { type Range, signed, unsigned } from './range.ts';

export interface KernelInput {
  readonly module: Module;
  readonly entry: Entry;
  readonly overrides: Readonly<Record<string, number>>;
  readonly uniform: Uint8Array | undefined;
  readonly lengths: Readonly<Record<string, number>>;
  readonly grid: readonly [number, number, number] | undefined;
}

/** Of a workgroup, on every WebGPU device. */
const MAX_INVOCATIONS = 256;

export interface LoweredKernel {
  readonly graph: Graph;
  readonly bindings: readonly number[];
  readonly scratchBytes: number;
  readonly counter: Counter;
}

/** Part of a variable that lives in slots. `lane`: one component of a vector of four. */
interface SlotRef {
  readonly kind: 'slots';
  readonly base: number;
  readonly type: Type;
  readonly lane: Node | undefined;
  readonly variable: string;
}

type Ref = SlotRef | MemoryRef;

interface Frame {
  readonly func: Func;
  readonly index: number;
  readonly values: Map<number, readonly Node[]>;
  readonly refs: Map<number, Ref>;
  readonly result: { readonly base: number; readonly join: Join } | undefined;
}

/** A variable is indexed at run time: it must live in memory, and the kernel is lowered once more. */
class NeedsMemory extends Error {
  readonly variable: string;
  constructor(variable: string) {
    super(variable);
    this.variable = variable;
  }
}

const MOST_ROUNDS = 4096;
const MOST_NODES = 400_000;
const MOST_LEAVES = 256;
/** Elements between which a choice is made by comparing. */
const MOST_CHOICES = 64;
const SMALL_ROUNDS = 8;
const SMALL_WEIGHT = 250;

/** @throws WgslCompileError */
export function lowerKernel(input: KernelInput): LoweredKernel {
  const inMemory = new Set<string>();
  for (;;) {
    try {
      return new Lowering(input, inMemory).run();
    } catch (error) {
      if (!(error instanceof NeedsMemory) || inMemory.has(error.variable)) throw error;
      inMemory.add(error.variable);
    }
  }
}

class Lowering {
  readonly #module: Module;
  readonly #entry: Entry;
  readonly #input: KernelInput;
  readonly #inMemory: ReadonlySet<string>;
  readonly #graph = new Graph();
  readonly #o: Operations;
  readonly #builtins: Builtins;
  readonly #layout: Layout;
  readonly #effects: EffectTable;
  readonly #flow: Flow;
  readonly #counter: Counter = { proved: 0, clamped: 0 };
  readonly #overrides = new Map<number, Node>();
  readonly #globals = new Map<number, Ref>();
  readonly #uniformAt = new Map<Memory, Uint8Array>();
  /** Conditions on the lengths of bindings that are not known yet. */
  readonly #checks: Node[] = [];
  #scratch = 0;
  #scratchNode: Node | undefined;
  #memories = 0;
  #frame: Frame | undefined;

  constructor(input: KernelInput, inMemory: ReadonlySet<string>) {
    this.#input = input;
    this.#module = input.module;
    this.#entry = input.entry;
    this.#inMemory = inMemory;
    this.#o = new Operations(this.#graph, new Lanes(this.#graph));
    this.#builtins = new Builtins(this.#o);
    this.#layout = new Layout(input.module);
    this.#effects = new EffectTable(input.module);
    this.#flow = new Flow(this.#graph, this.#o);
    this.#o.range = (node) => this.#flow.range(node);
  }

  #fail(message: string): never {
    throw new WgslCompileError(this.#module.path, this.#entry.name, message);
  }

  run(): LoweredKernel {
    const g = this.#graph;
    const func = this.#module.functions[this.#entry.func] as Func;
    const bindings = this.#bind(func);
    const [args, first, end] = [0, 1, 2].map((i) => g.parameter(i, 'i32')) as [Node, Node, Node];
    const [gx, gy, gz] = this.#gridNodes(args);
    const size = this.#entry.workgroupSize.map((value) => this.#constant(value)) as [number, number, number];
    const invocations = size[0] * size[1] * size[2];
    if (size.some((n) => !(n >= 1)) || invocations > MAX_INVOCATIONS) {
      this.#fail(`@workgroup_size is (${size.join(', ')}); it must hold 1 to ${MAX_INVOCATIONS} invocations`);
    }
    const flow = this.#flow;
    // A binding that is too short for a single element: nothing runs.
    const enough = this.#checks.reduce((a, b) => g.make('i32.and', [a, b]), g.i32(1));
    flow.if(
      enough,
      () => {
        flow.free = flow.region;
        this.#groups(func, [first, end], [gx, gy, gz], size);
      },
      () => undefined,
    );
    return { graph: g, bindings, scratchBytes: this.#scratch, counter: this.#counter };
  }

  /** The loop over the workgroups. */
  #groups(func: Func, [first, end]: [Node, Node], [gx, gy, gz]: [Node, Node, Node], size: [number, number, number]): void {
    const g = this.#graph;
    const flow = this.#flow;
    const counterSlot = flow.slots.push(first) - 1;
    const written = this.#written(func);
    const groups = this.#input.grid ? this.#input.grid[0] * this.#input.grid[1] * this.#input.grid[2] : undefined;
    flow.loop({
      slots: [counterSlot],
      memories: written,
      condition: () => g.make('i32.lt_u', [flow.slots[counterSlot] as Node, end]),
      start: (phis) => {
        if (groups !== undefined) flow.bound(phis.get(counterSlot) as Node, { lo: 0, hi: groups });
        return undefined;
      },
      body: () => {
        const group = flow.slots[counterSlot] as Node;
        if (groups !== undefined) flow.facts = flow.facts.assuming(g.make('i32.lt_u', [group, g.i32(groups)]), true);
        const row = this.#o.divide('/', 'u32', group, gx);
        const ids = [
          this.#o.divide('%', 'u32', group, gx),
          this.#o.divide('%', 'u32', row, gy),
          this.#o.divide('/', 'u32', row, gy),
        ];
        if (this.#input.grid) {
          // One row of workgroups, or one layer: what is then no division.
          if (gy.immediate === 1 && gz.immediate === 1) ids.splice(0, 3, group, g.i32(0), g.i32(0));
          else if (gz.immediate === 1) ids.splice(1, 2, row, g.i32(0));
        }
        this.#workgroup(func, ids as [Node, Node, Node], [gx, gy, gz], size, written);
      },
      update: () => {
        flow.slots[counterSlot] = g.make('i32.add', [flow.slots[counterSlot] as Node, g.i32(1)]);
      },
    });
    flow.slots.length = counterSlot;
  }

  #gridNodes(args: Node): [Node, Node, Node] {
    const g = this.#graph;
    if (this.#input.grid) return this.#input.grid.map((n) => g.i32(n)) as [Node, Node, Node];
    return [g.parameter(3, 'i32'), g.parameter(4, 'i32'), g.load('i32', args, 4, g.root, 'args')];
  }

  /** Memories that the invocations write. */
  #written(func: Func): number[] {
    const walk = this.#effects.ofFunction(this.#module.functions.indexOf(func));
    const written = new Set<number>();
    for (const global of walk.globals) {
      const ref = this.#globals.get(global);
      if (ref?.kind === 'memory') written.add(ref.memory.state);
    }
    return [...written];
  }

  /** A loop of `count` rounds over a number that nothing else changes. */
  #count(count: number, written: readonly number[], body: (index: Node) => void): void {
    const g = this.#graph;
    const flow = this.#flow;
    if (count === 1) return body(g.i32(0));
    const slot = flow.slots.push(g.i32(0)) - 1;
    flow.loop({
      slots: [slot],
      memories: written,
      condition: () => g.make('i32.lt_u', [flow.slots[slot] as Node, g.i32(count)]),
      start: (phis) => {
        flow.bound(phis.get(slot) as Node, { lo: 0, hi: count });
        return undefined;
      },
      body: () => body(flow.slots[slot] as Node),
      update: () => {
        flow.slots[slot] = g.make('i32.add', [flow.slots[slot] as Node, g.i32(1)]);
      },
    });
    flow.slots.length = slot;
  }

  #workgroup(
    func: Func,
    group: [Node, Node, Node],
    grid: [Node, Node, Node],
    size: [number, number, number],
    written: readonly number[],
  ): void {
    const g = this.#graph;
    this.#startWorkgroup(func);
    this.#count(size[2], written, (z) =>
      this.#count(size[1], written, (y) =>
        this.#count(size[0], written, (x) => {
          const local = [x, y, z] as [Node, Node, Node];
          const global = local.map((node, i) =>
            g.make('i32.add', [g.make('i32.mul', [group[i] as Node, g.i32(size[i] as number)]), node]),
          );
          const index = g.make('i32.add', [
            x,
            g.make('i32.mul', [g.make('i32.add', [y, g.make('i32.mul', [z, g.i32(size[1])])]), g.i32(size[0])]),
          ]);
          this.#invocation(func, {
            global_invocation_id: global,
            local_invocation_id: local,
            local_invocation_index: [index],
            workgroup_id: group,
            num_workgroups: grid,
          });
        }),
      ),
    );
  }

  /** Workgroup variables are zero when a workgroup starts. */
  #startWorkgroup(func: Func): void {
    for (const index of func.globals) {
      const global = this.#module.globals[index];
      const ref = this.#globals.get(index);
      if (global?.space === 'workgroup' && ref?.kind === 'memory') this.#clear(ref.memory);
    }
  }

  #clear(memory: Memory): void {
    this.#flow.items.push({ kind: 'fill', address: memory.base, bytes: memory.length as number });
    this.#flow.touch(memory.state);
  }

  #invocation(func: Func, builtins: Readonly<Record<string, readonly Node[]>>): void {
    const flow = this.#flow;
    const depth = flow.slots.length;
    for (const index of func.globals) {
      const global = this.#module.globals[index];
      if (global?.space !== 'private') continue;
      this.#globals.set(index, this.#variable(`global ${index}`, global.type));
      const ref = this.#globals.get(index) as Ref;
      this.#store(ref, global.initial ? this.#value(global.initial) : this.#zero(global.type));
    }
    const join = flow.open();
    const frame: Frame = {
      func,
      index: this.#entry.func,
      values: new Map(),
      refs: new Map(),
      result: { base: flow.slots.length, join },
    };
    for (const index of func.parameters) {
      const { builtin, name } = func.locals[index] as Func['locals'][number];
      const value = builtin && builtins[builtin];
      if (!value) this.#fail(`the parameter '${name}' (${builtin ?? 'no builtin'}) is not available on the CPU device`);
      frame.values.set(index, value);
    }
    this.#frame = frame;
    this.#body(func.body);
    flow.close(join);
    flow.slots.length = depth;
  }

  // Bindings and variables -----------------------------------------------------------------------------------------------------

  #bind(func: Func): number[] {
    const g = this.#graph;
    const args = g.parameter(0, 'i32');
    const walk = this.#effects.ofFunction(this.#entry.func);
    const used = func.globals.map((index) => [index, this.#module.globals[index] as Module['globals'][number]] as const);
    const bound = used
      .filter(([, { binding }]) => binding !== undefined)
      .sort(([, a], [, b]) => (a.binding as number) - (b.binding as number) || (a.group as number) - (b.group as number));
    bound.forEach(([index, global], position) => {
      const uniform = global.space === 'uniform' ? this.#input.uniform : undefined;
      const least = this.#leastSize(global.type);
      const known =
        global.space === 'uniform' ? (uniform ? Math.max(uniform.length, least) : least) : this.#input.lengths[global.name];
      if (known !== undefined && known < least) {
        this.#fail(`the binding '${global.name}' needs at least ${least} bytes and has ${known}`);
      }
      const lengthNode = known === undefined ? g.load('i32', args, 12 + 8 * position, g.root, 'args') : undefined;
      if (lengthNode) this.#checks.push(g.make('i32.ge_u', [lengthNode, g.i32(least)]));
      const memory = this.#newMemory({
        base: g.load('i32', args, 8 + 8 * position, g.root, 'args'),
        length: known,
        lengthNode,
        isConstant: !walk.globals.has(index),
        name: global.name,
      });
      if (uniform) this.#uniformAt.set(memory, uniform);
      this.#globals.set(index, pointTo(g, memory, global.type));
    });
    for (const [index, global] of used) {
      if (global.space !== 'workgroup') continue;
      const type = this.#sized(global.type);
      const memory = this.#inScratch(this.#layout.size(type), global.name);
      this.#globals.set(index, pointTo(g, memory, type));
    }
    return bound.map(([, { binding }]) => binding as number);
  }

  /** A type whose array lengths are numbers. */
  #sized(type: Type): Type {
    if (type.kind !== 'array') return type;
    const length = typeof type.length === 'object' ? this.#constant(type.length) : type.length;
    return { ...type, length, element: this.#sized(type.element) };
  }

  /** Bytes that a binding of this type has at least: one element of a runtime-sized array. */
  #leastSize(type: Type): number {
    if (type.kind === 'array' && type.length === undefined) return type.stride;
    if (type.kind === 'struct') {
      const last = this.#layout.members(type).at(-1);
      if (last?.type.kind === 'array' && last.type.length === undefined) return last.offset + last.type.stride;
    }
    return this.#layout.size(type);
  }

  #newMemory(memory: Omit<Memory, 'state'>): Memory {
    const state = this.#memories++;
    this.#flow.memories[state] = 0;
    return { ...memory, state };
  }

  #inScratch(bytes: number, name: string): Memory {
    const g = this.#graph;
    this.#scratchNode ??= g.load('i32', g.parameter(0, 'i32'), 0, g.root, 'args');
    const base = g.make('i32.add', [this.#scratchNode, g.i32(this.#scratch)]);
    const length = Math.ceil(bytes / 16) * 16;
    this.#scratch += length;
    return this.#newMemory({ base, length: bytes, lengthNode: undefined, isConstant: false, name });
  }

  readonly #places = new Map<string, Memory>();
  /** Variables of a loop's body that are made before it, because \`continuing\` sees them. */
  readonly #declared = new Set<Ref>();

  #variable(name: string, type: Type): Ref {
    const leaves = this.#layout.leaves(type);
    if (this.#inMemory.has(name) || leaves.length > MOST_LEAVES) {
      // One place for each variable: functions do not call themselves.
      let memory = this.#places.get(name);
      if (!memory) {
        memory = this.#inScratch(this.#layout.size(type), name);
        this.#places.set(name, memory);
      }
      return pointTo(this.#graph, memory, type);
    }
    const base = this.#flow.slots.length;
    for (const leaf of leaves) this.#flow.slots.push(this.#zeroLeaf(leaf));
    return { kind: 'slots', base, type, lane: undefined, variable: name };
  }

  #zeroLeaf({ wasm }: Leaf): Node {
    const g = this.#graph;
    return wasm === 'v128' ? g.v128([0, 0, 0, 0]) : wasm === 'f32' ? g.f32(0) : g.i32(0);
  }

  #zero(type: Type): Node[] {
    return this.#layout.leaves(type).map((leaf) => this.#zeroLeaf(leaf));
  }

  // Places ---------------------------------------------------------------------------------------------------------------------

  #place(place: Place): Ref {
    switch (place.kind) {
      case 'global':
        return this.#globals.get(place.global) as Ref;
      case 'variable':
        return this.#current.refs.get(place.local) as Ref;
      case 'deref':
        return this.#pointer(place.pointer);
      case 'member':
        return this.#member(this.#place(place.base), place.member);
      case 'element':
        return this.#element(this.#place(place.base), place.base.type, this.#scalar(place.index));
    }
  }

  get #current(): Frame {
    return this.#frame as Frame;
  }

  #pointer(value: Value): Ref {
    if (value.kind === 'address') return this.#place(value.place);
    if (value.kind === 'local') return this.#current.refs.get(value.local) as Ref;
    return this.#fail('a pointer is neither the address of a variable nor a parameter');
  }

  #member(ref: Ref, member: number): Ref {
    const members = this.#layout.members(ref.type);
    const { type, offset } = members[member] as { type: Type; offset: number };
    if (ref.kind === 'memory') return { ...ref, type, offset: ref.offset + offset };
    let base = ref.base;
    for (let i = 0; i < member; i++) base += this.#layout.count((members[i] as { type: Type }).type);
    return { ...ref, base, type };
  }

  #element(ref: Ref, of: Type, index: Node): Ref {
    const type = ref.type.kind === 'array' ? ref.type : of;
    if (type.kind === 'array') {
      if (ref.kind === 'memory') {
        const length = typeof type.length === 'object' ? this.#constant(type.length) : type.length;
        return elementOf(this.#flow, ref, type.element, type.stride, length, index, this.#counter);
      }
      if (index.op !== 'const') throw new NeedsMemory(ref.variable);
      const at = Math.min((index.immediate as number) >>> 0, (type.length as number) - 1);
      return { ...ref, base: ref.base + at * this.#layout.count(type.element), type: type.element };
    }
    if (type.kind !== 'vector') return this.#fail('an element of what is neither array nor vector');
    const element: Type = { kind: 'scalar', scalar: type.scalar };
    if (ref.kind === 'memory') return elementOf(this.#flow, ref, element, 4, type.size, index, this.#counter);
    if (type.size === 4) return { ...ref, type: element, lane: index };
    if (index.op !== 'const') {
      if (!this.#inMemory.has(ref.variable)) throw new NeedsMemory(ref.variable);
      return ref;
    }
    return { ...ref, base: ref.base + Math.min((index.immediate as number) >>> 0, type.size - 1), type: element };
  }

  #load(ref: Ref): Node[] {
    const flow = this.#flow;
    if (ref.kind === 'slots') {
      if (ref.lane) return [this.#lane(flow.slots[ref.base] as Node, ref.lane, scalarOf(ref.type))];
      return flow.slots.slice(ref.base, ref.base + this.#layout.count(ref.type));
    }
    const uniform = this.#uniformAt.get(ref.memory);
    if (uniform) return [...this.#fromUniform(ref, uniform)];
    return this.#layout.leaves(ref.type).map((leaf) => loadLeaf(flow, ref, leaf));
  }

  /** The content of the uniform, which is known: at a running index, a choice between its elements. */
  #fromUniform(ref: MemoryRef, bytes: Uint8Array): readonly Node[] {
    const at = ref.terms.findIndex(({ node }) => node.op !== 'const');
    const { node, stride, count = 0 } = ref.terms[at] ?? {};
    if (node && stride !== undefined) {
      if (count > MOST_CHOICES) this.#fail(`an array of ${count} elements in the uniform is indexed at run time`);
      const rest = ref.terms.filter((_, i) => i !== at);
      const element = (i: number) => this.#fromUniform({ ...ref, terms: rest, offset: ref.offset + i * stride }, bytes);
      let result = element(count - 1);
      for (let i = count - 2; i >= 0; i--) {
        const here = this.#graph.make('i32.eq', [node, this.#graph.i32(i)]);
        const other = element(i);
        result = result.map((leaf, k) => this.#o.choose(leaf, other[k] as Node, here));
      }
      return result;
    }
    let offset = ref.offset;
    for (const term of ref.terms) offset += (term.node.immediate as number) * term.stride;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const word = (from: number): number => (from + 4 <= bytes.byteLength ? view.getInt32(from, true) : 0);
    const g = this.#graph;
    return this.#layout.leaves(ref.type).map((leaf) => {
      const from = offset + leaf.offset;
      if (leaf.wasm === 'v128') return g.v128([word(from), word(from + 4), word(from + 8), word(from + 12)]);
      return leaf.wasm === 'f32' ? g.f32Bits(word(from)) : g.i32(word(from));
    });
  }

  #store(ref: Ref, value: readonly Node[]): void {
    const flow = this.#flow;
    if (ref.kind === 'slots') {
      if (ref.lane) {
        const before = flow.slots[ref.base] as Node;
        flow.slots[ref.base] = this.#withLane(before, ref.lane, value[0] as Node, scalarOf(ref.type));
        flow.root(flow.slots[ref.base] as Node);
        return;
      }
      value.forEach((node, i) => {
        flow.slots[ref.base + i] = node;
        flow.root(node);
      });
      return;
    }
    this.#layout.leaves(ref.type).forEach((leaf, i) => {
      storeLeaf(flow, ref, leaf, value[i] as Node);
    });
    flow.touch(ref.memory.state);
  }

  /** A component at a running index; beyond the last it is the last. */
  #lane(vector: Node, index: Node, scalar: Leaf['scalar']): Node {
    const g = this.#graph;
    const at = this.#o.extremum('min_u', index, g.i32(3));
    if (at.op === 'const') return this.#o.lanes.extract(vector, at.immediate as number, scalar);
    const lanes = this.#o.lanes.lanes(vector, scalar);
    let value = lanes[3] as Node;
    for (let i = 2; i >= 0; i--) value = g.make('select', [lanes[i] as Node, value, g.make('i32.eq', [at, g.i32(i)])]);
    return value;
  }

  #withLane(vector: Node, index: Node, value: Node, scalar: Leaf['scalar']): Node {
    const g = this.#graph;
    const at = this.#o.extremum('min_u', index, g.i32(3));
    if (at.op === 'const') {
      const lanes = [...this.#o.lanes.lanes(vector, scalar)];
      lanes[at.immediate as number] = value;
      return this.#o.lanes.replace(vector, at.immediate as number, value, scalar);
    }
    const here = g.make('i32x4.eq', [g.make('i32x4.splat', [at]), g.v128([0, 1, 2, 3])]);
    return g.make('v128.bitselect', [this.#o.lanes.splat(value, scalar), vector, here]);
  }

  // Values ---------------------------------------------------------------------------------------------------------------------

  #scalar(value: Value): Node {
    return this.#value(value)[0] as Node;
  }

  /** A number that overrides decide. */
  #constant(value: Value): number {
    const node = this.#scalar(value);
    if (node.op !== 'const') this.#fail('a value that must be known when the kernel is compiled is not');
    return (node.immediate as number) >>> 0;
  }

  #override(index: number): Node {
    let node = this.#overrides.get(index);
    if (!node) {
      const { name, scalar, initial } = this.#module.overrides[index] as Module['overrides'][number];
      const given = this.#input.overrides[name];
      if (given === undefined && !initial) this.#fail(`the override '${name}' has no value`);
      node = given === undefined ? this.#scalar(initial as Value) : this.#literal(scalar, given);
      this.#overrides.set(index, node);
    }
    return node;
  }

  #literal(scalar: Leaf['scalar'], value: number | boolean): Node {
    const g = this.#graph;
    if (scalar === 'f32') return g.f32(Number(value));
    return g.i32(scalar === 'bool' ? Number(Boolean(value)) : Number(value) | 0);
  }

  #value(value: Value): readonly Node[] {
    const g = this.#graph;
    switch (value.kind) {
      case 'literal':
        return [this.#literal(scalarOf(value.type), value.value)];
      case 'override':
        return [this.#override(value.override)];
      case 'local':
        return this.#current.values.get(value.local) ?? this.#fail('a pointer is used as a value');
      case 'load':
        return this.#load(this.#place(value.place));
      case 'address':
        return this.#fail('an address is used as a value');
      case 'unary':
        return this.#o.unary(value.operator, value.type, this.#value(value.operand));
      case 'binary': {
        if (value.operator === '&&' || value.operator === '||')
          return [this.#shortCircuit(value.operator, value.left, value.right)];
        const left = this.#value(value.left);
        const right = this.#value(value.right);
        return this.#o.binary(value.operator, value.left.type, left, right);
      }
      case 'builtin':
        return this.#builtin(value.name, value.type, value.arguments);
      case 'call':
        return this.#call(value.func, value.arguments);
      case 'construct':
        return this.#construct(value.type, value.parts);
      case 'convert':
        return this.#o.convert(scalarOf(value.operand.type), value.type, this.#value(value.operand));
      case 'bitcast':
        return this.#bitcast(value.operand.type, value.type, this.#value(value.operand));
      case 'swizzle':
        return this.#swizzle(value.operand.type, this.#value(value.operand), value.components);
      case 'extract': {
        const operand = this.#value(value.operand);
        return this.#extract(value.operand.type, operand, value.member);
      }
      case 'extractAt': {
        const operand = this.#value(value.operand);
        const index = this.#scalar(value.index);
        return this.#extractAt(value.operand.type, operand, index);
      }
      default:
        void g;
        return this.#fail('an unknown kind of value');
    }
  }

  #bitcast(from: Type, to: Type, value: readonly Node[]): Node[] {
    return this.#o.bitcast(scalarOf(from), to, value);
  }

  #shortCircuit(operator: '&&' | '||', left: Value, right: Value): Node {
    const flow = this.#flow;
    const g = this.#graph;
    const a = this.#scalar(left);
    const known = flow.facts.decide(a);
    if (known !== undefined) return known === (operator === '&&') ? this.#scalar(right) : g.i32(Number(known));
    const slot = flow.slots.push(g.i32(operator === '&&' ? 0 : 1)) - 1;
    const evaluate = () => {
      // A call in it may put other values in place of the slots: they are looked up afterwards.
      const value = this.#scalar(right);
      flow.slots[slot] = value;
    };
    if (operator === '&&') flow.if(a, evaluate, () => undefined);
    else flow.if(a, () => undefined, evaluate);
    const result = flow.slots[slot] as Node;
    flow.slots.length = slot;
    // A selection between a bool and a constant is a logic operation.
    if (result.op === 'select') {
      const [yes, no, condition] = result.args as [Node, Node, Node];
      if (operator === '&&' && no.op === 'const' && no.immediate === 0) return g.make('i32.and', [condition, yes]);
      if (operator === '||' && yes.op === 'const' && yes.immediate === 1) return g.make('i32.or', [condition, no]);
    }
    return result;
  }

  #builtin(name: string, type: Type, args: readonly Value[]): readonly Node[] {
    if (name === 'arrayLength') return [this.#arrayLength(this.#pointer(args[0] as Value))];
    const values = args.map((arg) => this.#value(arg));
    const result = this.#builtins.call(
      name,
      type,
      args.map((arg) => arg.type),
      values,
    );
    return result ?? this.#fail(`the built-in function '${name}' is not available on the CPU device`);
  }

  #arrayLength(ref: Ref): Node {
    const g = this.#graph;
    if (ref.kind !== 'memory' || ref.type.kind !== 'array') return this.#fail('arrayLength of what is no storage array');
    const { length, lengthNode } = ref.memory;
    if (length !== undefined) return g.i32(Math.floor((length - ref.offset) / ref.type.stride));
    return g.make('i32.div_u', [g.make('i32.sub', [lengthNode as Node, g.i32(ref.offset)]), g.i32(ref.type.stride)]);
  }

  #construct(type: Type, parts: readonly Value[]): Node[] {
    if (parts.length === 0) return this.#zero(type);
    if (type.kind !== 'vector') return parts.flatMap((part) => this.#value(part));
    const values = parts.map((part) => this.#value(part));
    const [only] = values as [readonly Node[]];
    if (values.length === 1 && parts[0]?.type.kind === 'scalar') {
      const node = only[0] as Node;
      return type.size === 4 ? [this.#o.lanes.splat(node, type.scalar)] : Array.from({ length: type.size }, () => node);
    }
    if (values.length === 1 && isVector4((parts[0] as Value).type)) return [...only];
    const scalars = values.flatMap((value, i) =>
      isVector4((parts[i] as Value).type) ? this.#o.lanes.lanes(value[0] as Node, type.scalar) : value,
    );
    return type.size === 4 ? [this.#o.lanes.build(scalars, type.scalar)] : scalars;
  }

  #swizzle(type: Type, value: readonly Node[], components: readonly number[]): Node[] {
    const g = this.#graph;
    const scalar = scalarOf(type);
    const [vector] = value as [Node];
    if (components.length === 4) {
      if (isVector4(type)) return [g.make('shuffle', [vector, vector], components)];
      return [
        this.#o.lanes.build(
          components.map((c) => value[c] as Node),
          scalar,
        ),
      ];
    }
    return components.map((c) => (isVector4(type) ? this.#o.lanes.extract(vector, c, scalar) : (value[c] as Node)));
  }

  #extract(type: Type, value: readonly Node[], member: number): readonly Node[] {
    if (type.kind === 'struct') {
      const members = this.#layout.members(type);
      let base = 0;
      for (let i = 0; i < member; i++) base += this.#layout.count((members[i] as { type: Type }).type);
      return value.slice(base, base + this.#layout.count((members[member] as { type: Type }).type));
    }
    if (type.kind === 'array') {
      const count = this.#layout.count(type.element);
      return value.slice(member * count, (member + 1) * count);
    }
    return isVector4(type) ? [this.#o.lanes.extract(value[0] as Node, member, scalarOf(type))] : [value[member] as Node];
  }

  #extractAt(type: Type, value: readonly Node[], index: Node): readonly Node[] {
    const g = this.#graph;
    if (isVector4(type)) return [this.#lane(value[0] as Node, index, scalarOf(type))];
    const count = type.kind === 'array' ? this.#layout.count(type.element) : 1;
    const last = value.length / count - 1;
    if (index.op === 'const') {
      const at = Math.min((index.immediate as number) >>> 0, last);
      return value.slice(at * count, (at + 1) * count);
    }
    let result = value.slice(last * count);
    for (let i = last - 1; i >= 0; i--) {
      const here = g.make('i32.eq', [index, g.i32(i)]);
      result = result.map((node, k) => this.#o.choose(node, value[i * count + k] as Node, here));
    }
    return result;
  }

  #call(index: number, args: readonly Value[]): readonly Node[] {
    const flow = this.#flow;
    const func = this.#module.functions[index] as Func;
    if (this.#graph.size > MOST_NODES) this.#fail('the kernel is too large for the CPU device');
    const values = new Map<number, readonly Node[]>();
    const refs = new Map<number, Ref>();
    func.parameters.forEach((local, i) => {
      const arg = args[i] as Value;
      if (arg.type.kind === 'pointer') refs.set(local, this.#pointer(arg));
      else values.set(local, this.#value(arg));
    });
    const base = flow.slots.length;
    const returns = func.returns;
    const count = returns ? this.#layout.count(returns) : 0;
    if (returns) flow.slots.push(...this.#zero(returns));
    const outer = this.#frame;
    const join = flow.open();
    this.#frame = { func, index, values, refs, result: { base, join } };
    this.#body(func.body);
    flow.close(join);
    this.#frame = outer;
    const result = flow.slots.slice(base, base + count);
    flow.slots.length = Math.min(flow.slots.length, base);
    // A function that never returns: what follows is not reached.
    return flow.alive || !returns ? result : this.#zero(returns);
  }

  // Statements -----------------------------------------------------------------------------------------------------------------

  #body(statements: readonly Statement[]): void {
    const flow = this.#flow;
    const depth = flow.slots.length;
    for (const statement of statements) {
      if (!flow.alive) return;
      this.#statement(statement);
    }
    if (flow.alive) flow.slots.length = depth;
  }

  #statement(s: Statement): void {
    const flow = this.#flow;
    if (this.#graph.size > MOST_NODES) this.#fail('the kernel is too large for the CPU device');
    switch (s.kind) {
      case 'let': {
        if (s.value.type.kind === 'pointer') {
          this.#current.refs.set(s.local, this.#pointer(s.value));
          return;
        }
        const value = this.#value(s.value);
        for (const node of value) flow.root(node);
        this.#current.values.set(s.local, value);
        return;
      }
      case 'var': {
        const { type } = this.#current.func.locals[s.local] as Func['locals'][number];
        const initial = s.initial ? this.#value(s.initial) : undefined;
        const known = this.#current.refs.get(s.local);
        const isMade = known !== undefined && this.#declared.has(known);
        const ref = isMade ? known : this.#variable(`${this.#current.index} ${s.local}`, type);
        this.#current.refs.set(s.local, ref);
        if (initial) this.#store(ref, initial);
        else if (ref.kind === 'memory') this.#clear(ref.memory);
        else if (isMade) this.#store(ref, this.#zero(type));
        return;
      }
      case 'assign': {
        const ref = this.#place(s.place);
        if (!s.operator) return this.#store(ref, this.#value(s.value));
        const before = this.#load(ref);
        const right = this.#value(s.value);
        return this.#store(ref, this.#o.binary(s.operator, s.place.type, before, right));
      }
      case 'evaluate':
        this.#evaluate(s.value);
        return;
      case 'block':
        return this.#body(s.body);
      case 'if':
        return flow.if(
          this.#scalar(s.condition),
          () => this.#body(s.then),
          () => this.#body(s.otherwise),
        );
      case 'switch':
        return this.#switch(s);
      case 'for':
        return this.#for(s);
      case 'loop':
        return this.#loop(s);
      case 'break':
        return flow.leave(flow.breakTarget as Join);
      case 'continue':
        return flow.leave(flow.continueTarget as Join);
      case 'return': {
        const { result } = this.#current;
        if (s.value && result) {
          this.#value(s.value).forEach((node, i) => {
            flow.slots[result.base + i] = node;
            flow.root(node);
          });
        }
        return flow.leave((result as NonNullable<Frame['result']>).join);
      }
    }
  }

  #evaluate(value: Value): void {
    if (value.kind === 'builtin' && value.type === VOID)
      this.#fail(`'${value.name}' needs the invocations of a workgroup at once, which the CPU device runs one by one`);
    // `_ = &buffer;` only makes the binding part of the layout.
    if (value.type.kind === 'pointer') this.#pointer(value);
    else this.#value(value);
  }

  #switch(s: Extract<Statement, { kind: 'switch' }>): void {
    const flow = this.#flow;
    const g = this.#graph;
    const selector = this.#scalar(s.selector);
    const cases = s.cases;
    const otherwise = cases.find(({ isDefault }) => isDefault);
    flow.breakable(() => {
      const known = flow.range(selector);
      if (known.lo === known.hi) {
        const value = known.lo | 0;
        const chosen = cases.find(({ values }) => values.some((v) => (v | 0) === value)) ?? otherwise;
        if (chosen) this.#body(chosen.body);
        return;
      }
      const from = (index: number): void => {
        const next = cases[index];
        if (!next) {
          if (otherwise) this.#body(otherwise.body);
          return;
        }
        if (next === otherwise && next.values.length === 0) return from(index + 1);
        const matches = next.values
          .map((value) => g.make('i32.eq', [selector, g.i32(value | 0)]))
          .reduce((a, b) => g.make('i32.or', [a, b]), g.i32(0));
        flow.if(
          matches,
          () => this.#body(next.body),
          () => from(index + 1),
        );
      };
      from(0);
    });
  }

  // Loops ----------------------------------------------------------------------------------------------------------------------

  /** Slots and memories that a statement may change. */
  #carried(walk: ReturnType<EffectTable['of']>): { slots: number[]; memories: number[] } {
    const slots = new Set<number>();
    const memories = new Set<number>();
    const add = (ref: Ref | undefined): void => {
      if (!ref) return;
      if (ref.kind === 'memory') memories.add(ref.memory.state);
      else for (let i = 0; i < (ref.lane ? 1 : this.#layout.count(ref.type)); i++) slots.add(ref.base + i);
    };
    for (const local of walk.variables) add(this.#current.refs.get(local));
    for (const local of walk.pointers) add(this.#current.refs.get(local));
    for (const global of walk.globals) add(this.#globals.get(global));
    // Variables in memory that functions called here declare.
    for (const [name, memory] of this.#places)
      if (walk.calls || name.startsWith(`${this.#current.index} `)) memories.add(memory.state);
    return { slots: [...slots].filter((slot) => slot < this.#flow.slots.length).sort((a, b) => a - b), memories: [...memories] };
  }

  #for(s: ForStatement): void {
    const flow = this.#flow;
    const depth = flow.slots.length;
    if (s.initial) this.#statement(s.initial);
    if (!flow.alive) return;
    if (s.unroll || this.#isSmall(s)) this.#expand(s);
    else {
      const condition = s.condition;
      const walk = this.#effects.of(s);
      const carried = this.#carried(walk);
      const update = () => {
        if (s.update) this.#statement(s.update);
      };
      if (condition && this.#effects.calls(condition)) {
        // A condition that does something stands where it stands.
        this.#plainLoop(
          carried,
          () =>
            flow.if(
              this.#scalar(condition),
              () => this.#body(s.body),
              () => flow.leave(flow.breakTarget as Join),
            ),
          update,
        );
      } else {
        flow.loop({
          ...carried,
          condition: condition ? () => this.#scalar(condition) : undefined,
          start: this.#induction(s),
          isInnermost: !this.#effects.ofBody(s.body).loops,
          body: () => this.#body(s.body),
          update,
        });
      }
    }
    flow.slots.length = Math.min(flow.slots.length, depth);
  }

  #plainLoop(carried: { slots: number[]; memories: number[] }, body: () => void, update: () => void): void {
    this.#flow.loop({ ...carried, condition: undefined, start: undefined, body, update });
  }

  /** A loop of few rounds with a small body is expanded, marked or not. */
  #isSmall(s: ForStatement): boolean {
    const { condition, update } = s;
    if (!condition || !update || update.kind !== 'assign' || update.place.kind !== 'variable') return false;
    const variable = update.place.local;
    const ref = this.#current.refs.get(variable);
    if (ref?.kind !== 'slots' || ref.lane) return false;
    const start = this.#flow.slots[ref.base] as Node;
    if (start.op !== 'const' || this.#effects.ofBody(s.body).variables.has(variable)) return false;
    const weight = this.#effects.ofBody(s.body).weight;
    if (weight > SMALL_WEIGHT / 2) return false;
    // Count the rounds on a copy of the variables.
    const slots = [...this.#flow.slots];
    const { items } = this.#flow;
    let rounds = 0;
    let isKnown = true;
    this.#flow.items = [];
    for (; rounds <= SMALL_ROUNDS; rounds++) {
      if (this.#effects.calls(condition)) {
        isKnown = false;
        break;
      }
      const holds = this.#scalar(condition);
      if (holds.op !== 'const') {
        isKnown = false;
        break;
      }
      if (holds.immediate === 0) break;
      this.#statement(update);
    }
    this.#flow.items = items;
    this.#flow.slots = slots;
    return isKnown && rounds <= SMALL_ROUNDS && rounds * weight <= SMALL_WEIGHT;
  }

  #expand(s: ForStatement): void {
    const flow = this.#flow;
    flow.breakable(() => {
      for (let round = 0; flow.alive; round++) {
        if (round > MOST_ROUNDS) this.#fail(`a loop marked '@unroll' has more than ${MOST_ROUNDS} rounds`);
        if (s.condition) {
          const condition = this.#scalar(s.condition);
          const known = flow.facts.decide(condition);
          if (known === false) return;
          if (known === undefined) return this.#rest(s);
        }
        flow.round(() => this.#body(s.body));
        if (flow.alive && s.update) this.#statement(s.update);
      }
    });
  }

  /** A loop whose rounds are not known after all. */
  #rest(s: ForStatement): void {
    this.#for({ ...s, initial: undefined, unroll: false });
  }

  /** What a counting loop says about its counter: from where, and how far. */
  #induction(s: ForStatement): ((phis: ReadonlyMap<number, Node>) => Counting | undefined) | undefined {
    const flow = this.#flow;
    const { update, condition } = s;
    if (!condition || update?.kind !== 'assign' || update.operator !== '+' || update.place.kind !== 'variable') return undefined;
    const ref = this.#current.refs.get(update.place.local);
    if (ref?.kind !== 'slots' || ref.lane || ref.type.kind !== 'scalar') return undefined;
    const body = this.#effects.ofBody(s.body);
    if (body.variables.has(update.place.local) || this.#reaches(body, ref.base)) return undefined;
    const initial = flow.range(flow.slots[ref.base] as Node);
    const isSigned = ref.type.scalar === 'i32';
    const [view, limit]: [(range: Range) => Range, number] = isSigned ? [signed, 2 ** 31] : [unsigned, 2 ** 32];
    const start = view(initial);
    const first = flow.slots[ref.base] as Node;
    const g = this.#graph;
    return (phis) => {
      const phi = phis.get(ref.base);
      if (!phi) return undefined;
      const step = view(flow.range(this.#scalar(update.value)));
      if (step.lo < 0) return undefined;
      const test = this.#scalar(condition);
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
      return {
        phi,
        first,
        last: g.make('i32.sub', [right, g.i32(ahead + Number(strict))]),
        conditions: isBounded && start.lo >= 0 ? [] : [g.make('i32.lt_u', [first, half]), g.make('i32.lt_u', [right, half])],
      };
    };
  }

  /** Whether a body writes a slot through a pointer. */
  #reaches(walk: ReturnType<EffectTable['of']>, slot: number): boolean {
    for (const local of walk.pointers) {
      const ref = this.#current.refs.get(local);
      if (ref?.kind === 'slots' && slot >= ref.base && slot < ref.base + this.#layout.count(ref.type)) return true;
    }
    return false;
  }

  #loop(s: LoopStatement): void {
    const flow = this.#flow;
    const breakIf = s.breakIf;
    const inner = () => {
      // `continuing` sees the variables of the body.
      for (const statement of s.body) {
        if (statement.kind !== 'var') continue;
        const ref = this.#variable(
          `${this.#current.index} ${statement.local}`,
          (this.#current.func.locals[statement.local] as Func['locals'][number]).type,
        );
        this.#current.refs.set(statement.local, ref);
        this.#declared.add(ref);
      }
      flow.round(() => this.#body(s.body));
      if (!flow.alive) return;
      for (const statement of s.continuing) this.#statement(statement);
      if (breakIf)
        flow.if(
          this.#scalar(breakIf),
          () => flow.leave(flow.breakTarget as Join),
          () => undefined,
        );
    };
    this.#plainLoop(this.#carried(this.#effects.of(s)), inner, () => undefined);
  }
}
