/**
 * Places in linear memory. An address is a sum: a base, running indices times their strides, and a constant. Every index is known to be
 * smaller than the number of elements, or made so, before it enters the sum: no access leaves its binding.
 */
import type { Type } from '../typed.ts';
import type { Flow } from './flow.ts';
import { deeper, type Graph, type Node, type Region } from './graph.ts';
import type { Leaf } from './layout.ts';
import { decompose } from './linear.ts';
import { type Range, unsigned } from './range.ts';

/** A binding, or a variable that is indexed at run time. */
export interface Memory {
  /** Index of its state in the flow. */
  readonly state: number;
  readonly base: Node;
  /** Its length in bytes, where it is known. */
  readonly length: number | undefined;
  /** Otherwise the node that holds it. */
  readonly lengthNode: Node | undefined;
  /** Nothing in the kernel writes it. */
  readonly isConstant: boolean;
  readonly name: string;
}

export interface Term {
  readonly node: Node;
  readonly stride: number;
  /** The node is less than this; undefined where only the run knows. */
  readonly count: number | undefined;
}

export interface MemoryRef {
  readonly kind: 'memory';
  readonly memory: Memory;
  readonly type: Type;
  readonly terms: readonly Term[];
  readonly offset: number;
  /** Whether the bounds hold everywhere, and not only where the conditions on the way here do. */
  readonly holds: boolean;
}

/** Steps to an element: proved to lie inside from what is known, or clamped. */
export function elementOf(
  flow: Flow,
  ref: MemoryRef,
  element: Type,
  stride: number,
  length: number | undefined,
  index: Node,
  count: Counter,
): MemoryRef {
  const { graph } = flow;
  const bounds = length ?? (ref.memory.length === undefined ? undefined : Math.floor((ref.memory.length - ref.offset) / stride));
  if (bounds !== undefined) {
    const inside = (range: Range): boolean => unsigned(range).hi < bounds;
    if (inside(flow.range(index))) {
      count.proved++;
      const holds = ref.holds && inside(index.range);
      return { ...ref, type: element, terms: [...ref.terms, { node: index, stride, count: bounds }], holds };
    }
    if (flow.staysBelow(index, graph.i32(bounds))) {
      count.proved++;
      return { ...ref, type: element, terms: [...ref.terms, { node: index, stride, count: bounds }], holds: false };
    }
    count.clamped++;
    const clamped = graph.make('min_u', [index, graph.i32(bounds - 1)]);
    return { ...ref, type: element, terms: [...ref.terms, { node: clamped, stride, count: bounds }] };
  }
  // Whole elements behind the part of fixed size: at least one (checked when the kernel starts).
  const bytes = graph.make('i32.sub', [ref.memory.lengthNode as Node, graph.i32(ref.offset)]);
  const elements = graph.make('i32.div_u', [bytes, graph.i32(stride)]);
  if (flow.staysBelow(index, elements)) {
    count.proved++;
    return { ...ref, type: element, terms: [...ref.terms, { node: index, stride, count: undefined }], holds: false };
  }
  count.clamped++;
  const last = graph.make('i32.sub', [elements, graph.i32(1)]);
  return { ...ref, type: element, terms: [...ref.terms, { node: graph.make('min_u', [index, last]), stride, count: undefined }] };
}

export interface Counter {
  proved: number;
  clamped: number;
}

export interface Address {
  readonly node: Node;
  /** For the instruction's own offset. */
  readonly offset: number;
}

/** The address of a place `extra` bytes behind a reference: what changes least is added first, so that it moves out of loops. */
export function addressOf(flow: Flow, ref: MemoryRef, extra: number): Address {
  const { graph } = flow;
  const sum = new Map<Node, number>();
  let constant = 0;
  for (const { node, stride } of ref.terms) constant = (constant + decompose(node, stride, sum)) | 0;
  let [least, most] = [0, constant];
  for (const [node, factor] of sum) {
    // A read that may be moved to anywhere must not count on the conditions that hold here.
    const range = ref.holds ? node.range : flow.range(node);
    least += factor * (factor >= 0 ? range.lo : range.hi);
    most += factor * (factor >= 0 ? range.hi : range.lo);
  }
  // The instruction adds its offset without wrapping: only what is certain to stay behind the base may move there.
  const isSafe = constant >= 0 && least >= 0 && most < 2 ** 32;
  const inRing = isSafe ? 0 : constant;
  const terms = [...sum].filter(([, factor]) => factor !== 0).sort(([a], [b]) => a.home.depth - b.home.depth || a.id - b.id);
  let node = ref.memory.base;
  if (inRing !== 0) node = graph.make('i32.add', [node, graph.i32(inRing)]);
  for (const [term, factor] of terms) node = graph.make('i32.add', [node, graph.make('i32.mul', [term, graph.i32(factor)])]);
  return { node, offset: (isSafe ? constant : 0) + ref.offset + extra };
}

export function loadLeaf(flow: Flow, ref: MemoryRef, leaf: Leaf): Node {
  const { graph } = flow;
  const { memory } = ref;
  const { node, offset } = addressOf(flow, ref, leaf.offset);
  const version = memory.isConstant ? 0 : (flow.memories[memory.state] as number);
  const home = memory.isConstant && ref.holds ? flow.free : outermost(flow, memory, node.home);
  const loaded = graph.load(leaf.wasm, node, offset, home, `${memory.state}.${version}`, !memory.isConstant);
  // What is written to in the kernel must be read in the order of the source.
  if (!memory.isConstant) flow.root(loaded);
  if (leaf.scalar !== 'bool') return loaded;
  if (leaf.wasm === 'i32') return graph.bool(graph.make('i32.and', [loaded, graph.i32(1)]));
  return loaded;
}

/** Out of the loops that leave address and content alone: a loop's parent runs exactly when its first round does. */
function outermost(flow: Flow, memory: Memory, address: Region): Region {
  let home = flow.region;
  while (home.isLoop && home.parent && address !== home && !flow.touches(home, memory.state)) home = home.parent;
  return deeper(home, address);
}

export function storeLeaf(flow: Flow, ref: MemoryRef, leaf: Leaf, value: Node): void {
  const { node, offset } = addressOf(flow, ref, leaf.offset);
  flow.items.push({ kind: 'store', address: node, offset, value });
}

export function pointTo(graph: Graph, memory: Memory, type: Type): MemoryRef {
  void graph;
  return { kind: 'memory', memory, type, terms: [], offset: 0, holds: true };
}
