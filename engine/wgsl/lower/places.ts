/** Places: where a variable or a part of it lies, and how it is read and written there. */
import type { Place, Type, Value } from '../typed.ts';
import type { Node } from './graph.ts';
import { type Leaf, scalarOf } from './layout.ts';
import { elementOf, loadLeaf, type Memory, type MemoryRef, storeLeaf } from './memory.ts';
import { type Ref, Variables } from './variables.ts';

/** A variable is indexed at run time: it must live in memory, and the kernel is lowered once more. */
export class NeedsMemory extends Error {
  readonly variable: string;
  constructor(variable: string) {
    super(variable);
    this.variable = variable;
  }
}

/** Elements between which a choice is made by comparing. */
const MOST_CHOICES = 64;

export abstract class Places extends Variables {
  protected abstract scalar(value: Value): Node;

  protected place(place: Place): Ref {
    switch (place.kind) {
      case 'global':
        return this.globals.get(place.global) as Ref;
      case 'variable':
        return this.current.refs.get(place.local) as Ref;
      case 'deref':
        return this.pointer(place.pointer);
      case 'member':
        return this.member(this.place(place.base), place.member);
      case 'element':
        return this.element(this.place(place.base), place.base.type, this.scalar(place.index));
    }
  }

  protected pointer(value: Value): Ref {
    if (value.kind === 'address') return this.place(value.place);
    if (value.kind === 'local') return this.current.refs.get(value.local) as Ref;
    return this.fail('a pointer is neither the address of a variable nor a parameter');
  }

  protected member(ref: Ref, member: number): Ref {
    const members = this.layout.members(ref.type);
    const { type, offset } = members[member] as { type: Type; offset: number };
    if (ref.kind === 'memory') return { ...ref, type, offset: ref.offset + offset };
    let base = ref.base;
    for (let i = 0; i < member; i++) base += this.layout.count((members[i] as { type: Type }).type);
    return { ...ref, base, type };
  }

  protected element(ref: Ref, of: Type, index: Node): Ref {
    const type = ref.type.kind === 'array' ? ref.type : of;
    if (type.kind === 'array') {
      if (ref.kind === 'memory') {
        const length = typeof type.length === 'object' ? this.constant(type.length) : type.length;
        return elementOf(this.flow, ref, type.element, type.stride, length, index, this.counter);
      }
      if (index.op !== 'const') throw new NeedsMemory(ref.variable);
      const at = Math.min((index.immediate as number) >>> 0, (type.length as number) - 1);
      return { ...ref, base: ref.base + at * this.layout.count(type.element), type: type.element };
    }
    if (type.kind !== 'vector') return this.fail('an element of what is neither array nor vector');
    const element: Type = { kind: 'scalar', scalar: type.scalar };
    if (ref.kind === 'memory') return elementOf(this.flow, ref, element, 4, type.size, index, this.counter);
    if (type.size === 4) return { ...ref, type: element, lane: index };
    if (index.op !== 'const') {
      if (!this.inMemory.has(ref.variable)) throw new NeedsMemory(ref.variable);
      return ref;
    }
    return { ...ref, base: ref.base + Math.min((index.immediate as number) >>> 0, type.size - 1), type: element };
  }

  protected load(ref: Ref): Node[] {
    const flow = this.flow;
    if (ref.kind === 'slots') {
      if (ref.lane) return [this.lane(flow.slots[ref.base] as Node, ref.lane, scalarOf(ref.type))];
      return flow.slots.slice(ref.base, ref.base + this.layout.count(ref.type));
    }
    const uniform = this.uniformAt.get(ref.memory);
    if (uniform) return [...this.fromUniform(ref, uniform)];
    return this.layout.leaves(ref.type).map((leaf) => loadLeaf(flow, ref, leaf));
  }

  /** The content of the uniform, which is known: at a running index, a choice between its elements. */
  protected fromUniform(ref: MemoryRef, bytes: Uint8Array): readonly Node[] {
    const at = ref.terms.findIndex(({ node }) => node.op !== 'const');
    const { node, stride, count = 0 } = ref.terms[at] ?? {};
    if (node && stride !== undefined) {
      if (count > MOST_CHOICES) this.fail(`an array of ${count} elements in the uniform is indexed at run time`);
      const rest = ref.terms.filter((_, i) => i !== at);
      const element = (i: number) => this.fromUniform({ ...ref, terms: rest, offset: ref.offset + i * stride }, bytes);
      let result = element(count - 1);
      for (let i = count - 2; i >= 0; i--) {
        const here = this.graph.make('i32.eq', [node, this.graph.i32(i)]);
        const other = element(i);
        result = result.map((leaf, k) => this.o.choose(leaf, other[k] as Node, here));
      }
      return result;
    }
    let offset = ref.offset;
    for (const term of ref.terms) offset += (term.node.immediate as number) * term.stride;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const word = (from: number): number => (from + 4 <= bytes.byteLength ? view.getInt32(from, true) : 0);
    const g = this.graph;
    return this.layout.leaves(ref.type).map((leaf) => {
      const from = offset + leaf.offset;
      if (leaf.wasm === 'v128') return g.v128([word(from), word(from + 4), word(from + 8), word(from + 12)]);
      return leaf.wasm === 'f32' ? g.f32Bits(word(from)) : g.i32(word(from));
    });
  }

  protected store(ref: Ref, value: readonly Node[]): void {
    const flow = this.flow;
    if (ref.kind === 'slots') {
      if (ref.lane) {
        const before = flow.slots[ref.base] as Node;
        flow.slots[ref.base] = this.withLane(before, ref.lane, value[0] as Node, scalarOf(ref.type));
        flow.root(flow.slots[ref.base] as Node);
        return;
      }
      value.forEach((node, i) => {
        flow.slots[ref.base + i] = node;
        flow.root(node);
      });
      return;
    }
    this.layout.leaves(ref.type).forEach((leaf, i) => {
      storeLeaf(flow, ref, leaf, value[i] as Node);
    });
    flow.touch(ref.memory.state);
  }

  protected clear(memory: Memory): void {
    this.flow.items.push({ kind: 'fill', address: memory.base, bytes: memory.length as number });
    this.flow.touch(memory.state);
  }

  /** A component at a running index; beyond the last it is the last. */
  protected lane(vector: Node, index: Node, scalar: Leaf['scalar']): Node {
    const g = this.graph;
    const at = this.o.extremum('min_u', index, g.i32(3));
    if (at.op === 'const') return this.o.lanes.extract(vector, at.immediate as number, scalar);
    const lanes = this.o.lanes.lanes(vector, scalar);
    let value = lanes[3] as Node;
    for (let i = 2; i >= 0; i--) value = g.make('select', [lanes[i] as Node, value, g.make('i32.eq', [at, g.i32(i)])]);
    return value;
  }

  protected withLane(vector: Node, index: Node, value: Node, scalar: Leaf['scalar']): Node {
    const g = this.graph;
    const at = this.o.extremum('min_u', index, g.i32(3));
    if (at.op === 'const') {
      const lanes = [...this.o.lanes.lanes(vector, scalar)];
      lanes[at.immediate as number] = value;
      return this.o.lanes.replace(vector, at.immediate as number, value, scalar);
    }
    const here = g.make('i32x4.eq', [g.make('i32x4.splat', [at]), g.v128([0, 1, 2, 3])]);
    return g.make('v128.bitselect', [this.o.lanes.splat(value, scalar), vector, here]);
  }
}
