/**
 * Vectors of four as single v128 values. A vector built from four scalars that were computed alike becomes one computation on vectors:
 * `vec4f(f(v.x), f(v.y), f(v.z), f(v.w))` is f on v.
 */
import type { Scalar } from '../typed.ts';
import { isInstruction } from '../wasm/opcodes.ts';
import type { Graph, Node } from './graph.ts';

type Quad = readonly [Node, Node, Node, Node];

/** Scalar instructions whose vector form has another name; the others swap their prefix. */
const VECTOR: Readonly<Record<string, string>> = {
  'i32.and': 'v128.and',
  'i32.or': 'v128.or',
  'i32.xor': 'v128.xor',
  min_u: 'i32x4.min_u',
  max_u: 'i32x4.max_u',
  min_s: 'i32x4.min_s',
  max_s: 'i32x4.max_s',
  'i32.trunc_sat_f32_s': 'i32x4.trunc_sat_f32x4_s',
  'i32.trunc_sat_f32_u': 'i32x4.trunc_sat_f32x4_u',
  'f32.convert_i32_s': 'f32x4.convert_i32x4_s',
  'f32.convert_i32_u': 'f32x4.convert_i32x4_u',
};
const SHIFTS = new Set(['i32.shl', 'i32.shr_s', 'i32.shr_u']);
const COMPARISON = /^[if]32\.(eq|ne|[lg][te](_[su])?)$/;
const MASKS = /^(i32x4|f32x4|f64x2)\.(eq|ne|[lg][te](_[su])?)$/;
const MOST_DEEP = 400;

export class Lanes {
  readonly #graph: Graph;
  #steps = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  splat(node: Node, scalar: Scalar): Node {
    const g = this.#graph;
    // A condition may be any number that is not 0: all bits of the mask must be set.
    if (scalar === 'bool') return g.make('i32x4.splat', [g.make('i32.sub', [g.i32(0), g.bool(node)])]);
    return g.make(scalar === 'f32' ? 'f32x4.splat' : 'i32x4.splat', [node]);
  }

  extract(vector: Node, lane: number, scalar: Scalar): Node {
    const g = this.#graph;
    if (scalar === 'f32') return g.make('f32x4.extract_lane', [vector], lane);
    const word = g.make('i32x4.extract_lane', [vector], lane);
    return scalar === 'bool' ? g.make('i32.ne', [word, g.i32(0)]) : word;
  }

  lanes(vector: Node, scalar: Scalar): Quad {
    return [0, 1, 2, 3].map((lane) => this.extract(vector, lane, scalar)) as unknown as Quad;
  }

  replace(vector: Node, lane: number, value: Node, scalar: Scalar): Node {
    const g = this.#graph;
    if (scalar === 'f32') return g.make('f32x4.replace_lane', [vector, value], lane);
    return g.make('i32x4.replace_lane', [vector, scalar === 'bool' ? g.make('i32.sub', [g.i32(0), g.bool(value)]) : value], lane);
  }

  build(values: readonly Node[], scalar: Scalar): Node {
    const quad = values as Quad;
    this.#steps = 0;
    const packed = this.#pack(quad, scalar === 'bool', new Map());
    if (packed) return packed;
    // Lanes that are there already stay; the most frequent value is spread first.
    const base = this.#base(quad, scalar);
    let vector = base.vector;
    for (let lane = 0; lane < 4; lane++) {
      if (!base.holds(lane)) vector = this.replace(vector, lane, quad[lane] as Node, scalar);
    }
    return vector;
  }

  /** A vector that already has some of the lanes. */
  #base(quad: Quad, scalar: Scalar): { vector: Node; holds(lane: number): boolean } {
    const sources = new Map<Node, number>();
    for (const node of quad) {
      if (node.op.endsWith('.extract_lane')) sources.set(node.args[0] as Node, (sources.get(node.args[0] as Node) ?? 0) + 1);
    }
    const [best] = [...sources].sort((a, b) => b[1] - a[1]);
    if (best && best[1] > 1) {
      const [source] = best;
      const from = quad.map((node) =>
        node.op.endsWith('.extract_lane') && node.args[0] === source ? (node.immediate as number) : -1,
      );
      const vector = this.#graph.make(
        'shuffle',
        [source, source],
        from.map((lane, i) => (lane < 0 ? i : lane)),
      );
      return { vector, holds: (lane) => (from[lane] as number) >= 0 };
    }
    if (quad.some(({ op }) => op === 'const')) {
      const words = quad.map((node) => (node.op === 'const' ? (node.immediate as number) : 0));
      const vector = this.#graph.v128(scalar === 'bool' ? words.map((word) => -Number(word !== 0)) : words);
      return { vector, holds: (lane) => quad[lane]?.op === 'const' };
    }
    return { vector: this.splat(quad[0], scalar), holds: (lane) => quad[lane] === quad[0] };
  }

  /** The vector of the four values where it costs no insertion of lanes. */
  #pack(quad: Quad, mask: boolean, memo: Map<string, Node | undefined>): Node | undefined {
    const key = `${quad.map(({ id }) => id)}${mask}`;
    if (memo.has(key)) return memo.get(key);
    if (this.#steps++ > MOST_DEEP) return undefined;
    const packed = this.#packNew(quad, mask, memo);
    memo.set(key, packed);
    return packed;
  }

  #packNew(quad: Quad, mask: boolean, memo: Map<string, Node | undefined>): Node | undefined {
    const g = this.#graph;
    const [first] = quad;
    if (quad.every((node) => node === first)) return this.splat(first, mask ? 'bool' : first.type === 'f32' ? 'f32' : 'i32');
    if (quad.every(({ op }) => op === 'const')) {
      const words = quad.map(({ immediate }) => immediate as number);
      return g.v128(mask ? words.map((word) => -Number(word !== 0)) : words);
    }
    const { op } = first;
    if (op.endsWith('.extract_lane')) return mask ? undefined : this.#packExtracts(quad, memo);
    if (quad.some((node) => node.op !== op || node.args.length !== first.args.length)) return undefined;
    const column = (i: number, asMask = false) => this.#pack(quad.map(({ args }) => args[i]) as unknown as Quad, asMask, memo);
    if (COMPARISON.test(op)) {
      if (!mask) {
        const bits = this.#pack(quad, true, memo);
        return bits && g.make('v128.and', [bits, g.v128([1, 1, 1, 1])]);
      }
      if (op === 'i32.ne' && quad.every(({ args }) => args[1]?.op === 'const' && args[1].immediate === 0)) {
        const words = column(0);
        return words && (isMask(words) ? words : g.make('i32x4.ne', [words, g.v128([0, 0, 0, 0])]));
      }
      const [a, b] = [column(0), column(1)];
      return a && b && g.make(op.replace('32.', '32x4.'), [a, b]);
    }
    if (op === 'i32.eqz') {
      if (quad.every(({ args }) => (args[0] as Node).range.lo >= 0 && (args[0] as Node).range.hi <= 1)) {
        const bits = column(0, true);
        const not = bits && g.make('v128.not', [bits]);
        return not && (mask ? not : g.make('v128.and', [not, g.v128([1, 1, 1, 1])]));
      }
      const words = column(0);
      const zero = words && g.make('i32x4.eq', [words, g.v128([0, 0, 0, 0])]);
      return zero && (mask ? zero : g.make('v128.and', [zero, g.v128([1, 1, 1, 1])]));
    }
    if (op === 'select') {
      const [a, b, condition] = [column(0, mask), column(1, mask), column(2, true)];
      return a && b && condition && g.make('v128.bitselect', [a, b, condition]);
    }
    const isLogic = op === 'i32.and' || op === 'i32.or' || op === 'i32.xor';
    if (mask && !(isLogic && quad.every(({ args }) => args.every(({ range }) => range.lo >= 0 && range.hi <= 1)))) {
      const words = this.#pack(quad, false, memo);
      return words && g.make('i32x4.ne', [words, g.v128([0, 0, 0, 0])]);
    }
    if (op === 'i32.reinterpret_f32' || op === 'f32.reinterpret_i32') return column(0);
    if (SHIFTS.has(op)) {
      const amount = first.args[1] as Node;
      if (quad.some(({ args }) => args[1] !== amount)) return undefined;
      const value = column(0);
      return value && g.make(op.replace('32.', '32x4.'), [value, amount]);
    }
    const name = VECTOR[op] ?? op.replace('32.', '32x4.');
    if (!isInstruction(name) || !/^([if]32\.|min_|max_)/.test(op)) return undefined;
    const args: Node[] = [];
    for (let i = 0; i < first.args.length; i++) {
      const arg = column(i, mask);
      if (!arg) return undefined;
      args.push(arg);
    }
    return g.make(name, args);
  }

  #packExtracts(quad: Quad, memo: Map<string, Node | undefined>): Node | undefined {
    const g = this.#graph;
    const { op } = quad[0];
    if (quad.some((node) => node.op !== op)) return undefined;
    const sources = [...new Set(quad.map(({ args }) => args[0] as Node))];
    // Scalar mathematics is lane 0 of the vector function of a splat.
    const called = (sources[0] as Node).op;
    if (sources.length === 4 && called.startsWith('call.') && sources.every((source) => source.op === called)) {
      const args: Node[] = [];
      for (let i = 0; i < (sources[0] as Node).args.length; i++) {
        const spread = sources.map(({ args: inner }) => inner[i] as Node);
        const column = this.#pack(spread.map((node) => this.#spreadValue(node)) as unknown as Quad, false, memo);
        if (!column) return undefined;
        args.push(column);
      }
      return g.make(called, args);
    }
    if (sources.length > 2) return undefined;
    const [a, b = a] = sources as [Node, Node?];
    return g.make(
      'shuffle',
      [a, b],
      quad.map(({ args, immediate }) => (immediate as number) + (args[0] === a ? 0 : 4)),
    );
  }

  /** The scalar that lane 0 of a vector holds. */
  #spreadValue(vector: Node): Node {
    return this.#graph.make('f32x4.extract_lane', [vector], 0);
  }
}

/** Whether every lane has all bits set or none. */
export function isMask(node: Node): boolean {
  if (MASKS.test(node.op)) return true;
  if (node.op === 'const') return (node.immediate as readonly number[]).every((word) => word === 0 || word === -1);
  if (['v128.and', 'v128.or', 'v128.xor', 'v128.not', 'v128.andnot', 'shuffle'].includes(node.op)) return node.args.every(isMask);
  if (node.op === 'i32x4.splat') {
    const [a] = node.args as [Node];
    const bit = a.args[1]?.range;
    return a.op === 'i32.sub' && a.args[0]?.op === 'const' && a.args[0].immediate === 0 && bit?.lo === 0 && bit.hi <= 1;
  }
  return false;
}
