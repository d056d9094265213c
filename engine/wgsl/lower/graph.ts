/**
 * The values of a kernel as a graph: every pure computation exists once (equal operations on equal operands are one node), constants are
 * folded, and a node is not bound to a place in the program. Where it is computed is decided later, outside of loops where possible.
 */
import type { WasmType } from '../wasm/opcodes.ts';
import { instruction, isInstruction } from '../wasm/opcodes.ts';
import { foldFloat, foldInt, NEGATED } from './fold.ts';
import { testedForNaN } from './nan-test.ts';
import { exactly, FULL, isConstant, type Range, transfer, unsigned } from './range.ts';

/** A straight piece of program: what is in it runs as a whole, each time it is reached, after all of its parent that stands before it. */
export class Region {
  readonly parent: Region | undefined;
  readonly depth: number;
  readonly loopDepth: number;
  /** The body of a loop; its parent then runs exactly when the first round does. */
  readonly isLoop: boolean;
  items: Item[] = [];

  constructor(parent: Region | undefined, isLoop = false) {
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
    this.isLoop = isLoop;
    this.loopDepth = (parent?.loopDepth ?? 0) + Number(isLoop);
  }

  isWithin(other: Region): boolean {
    let region: Region = this;
    while (region.depth > other.depth && region.parent) region = region.parent;
    return region === other;
  }
}

export type Copy = readonly [phi: Node, value: Node];

/** Where the paths that leave a block meet. */
export interface Block {
  readonly kind: 'block';
  items: Item[];
}

export interface Loop {
  readonly kind: 'loop';
  readonly body: Region;
  /** Values on entry. */
  readonly entry: Copy[];
  readonly phis: Node[];
}

export type Item =
  | Block
  | Loop
  | { readonly kind: 'if'; readonly condition: Node; readonly yes: Region; readonly no: Region }
  | { readonly kind: 'store'; readonly address: Node; readonly offset: number; readonly value: Node }
  | { readonly kind: 'fill'; readonly address: Node; readonly bytes: number }
  /** The value is wanted here in the order of the source, if it is wanted at all. */
  | { readonly kind: 'root'; readonly value: Node }
  | { readonly kind: 'copies'; readonly copies: readonly Copy[] }
  | { readonly kind: 'br'; readonly target: Block }
  /** To the start of the loop where the condition holds (always, without one); otherwise on behind it. */
  | { readonly kind: 'back'; readonly loop: Loop; readonly condition: Node | undefined; readonly copies: readonly Copy[] };

export type Immediate = number | readonly number[];

export class Node {
  readonly id: number;
  readonly op: string;
  readonly type: WasmType;
  readonly args: readonly Node[];
  readonly immediate: Immediate | undefined;
  /** Of i32 values: holds everywhere. */
  range: Range;
  /** The outermost region in which it can be computed. */
  readonly home: Region;

  constructor(id: number, op: string, type: WasmType, args: readonly Node[], immediate: Immediate | undefined, home: Region) {
    this.id = id;
    this.op = op;
    this.type = type;
    this.args = args;
    this.immediate = immediate;
    this.home = home;
    this.range = FULL;
  }
}

const EXTRACT: Readonly<Record<string, WasmType>> = {
  'i32x4.extract_lane': 'i32',
  'f32x4.extract_lane': 'f32',
  'i32x4.replace_lane': 'v128',
  'f32x4.replace_lane': 'v128',
  shuffle: 'v128',
};

const bits = new DataView(new ArrayBuffer(4));

export function bitsOf(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

export function floatOf(word: number): number {
  bits.setInt32(0, word);
  return bits.getFloat32(0);
}

/** Operations that name their operands twice when they are written out. */
export const TWICE = new Set(['min_u', 'max_u', 'min_s', 'max_s', 'f32.pmin', 'f32.pmax']);
const COMMUTATIVE = new Set('i32.add i32.mul i32.and i32.or i32.xor i32.eq i32.ne min_u max_u min_s max_s'.split(' '));

export class Graph {
  readonly root = new Region(undefined);
  #loads = new Map<string, Node>();
  readonly #tables = new Map<string, Map<number | string, Node>>();
  readonly #integers = new Map<number, Node>();
  readonly #floats = new Map<number, Node>();
  /** Of three operands and nothing else, by the number of the first two and then that of the third. */
  readonly #triples = new Map<string, Map<number, Map<number, Node>>>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  i32(value: number): Node {
    return this.#constant(this.#integers, 'i32', value | 0);
  }

  f32(value: number): Node {
    return this.f32Bits(bitsOf(value));
  }

  f32Bits(word: number): Node {
    return this.#constant(this.#floats, 'f32', word | 0);
  }

  #constant(known: Map<number, Node>, type: WasmType, word: number): Node {
    let node = known.get(word);
    if (!node) {
      node = this.#new('const', type, [], word);
      known.set(word, node);
    }
    return node;
  }

  v128(words: readonly number[]): Node {
    return this.#unique(
      'const',
      'v128',
      [],
      words.map((w) => w | 0),
    );
  }

  parameter(index: number, type: WasmType): Node {
    return this.#unique('parameter', type, [], index);
  }

  /** A value that several paths bring, or that changes from round to round. */
  phi(type: WasmType, home: Region): Node {
    return new Node(this.#count++, 'phi', type, [], undefined, home);
  }

  /**
   * A read of memory; pinned: of memory that the kernel also writes, so that it happens where it stands. `home` may lie further out than where the address is known; `key` tells states of memory apart (the same key: the
   * same content).
   */
  load(type: WasmType, address: Node, offset: number, home: Region, key: string, isPinned = false): Node {
    const id = `load|${type}|${address.id}|${offset}|${key}`;
    const known = this.#loads.get(id);
    if (known && home.isWithin(known.home)) return known;
    const node = new Node(this.#count++, isPinned ? 'read' : 'load', type, [address], offset, deeper(address.home, home));
    this.#loads.set(id, node);
    return node;
  }

  make(op: string, args: readonly Node[], immediate?: Immediate): Node {
    const simpler = this.#simplify(op, args, immediate);
    if (simpler) return simpler;
    const type = op === 'select' ? (args[0] as Node).type : this.#typeOf(op);
    return this.#unique(op, type, args, immediate);
  }

  #typeOf(op: string): WasmType {
    const known = EXTRACT[op];
    if (known) return known;
    if (isInstruction(op)) return instruction(op).result;
    if (op.startsWith('min_') || op.startsWith('max_')) return 'i32';
    if (op === 'f32.pmin' || op === 'f32.pmax') return 'f32';
    if (op.startsWith('call.')) return 'v128';
    throw new Error(`no operation '${op}'`);
  }

  /** The node of this operation on these operands: the known one, or a new one. */
  #unique(op: string, type: WasmType, args: readonly Node[], immediate: Immediate | undefined): Node {
    const [a, b, c] = args;
    // Numbers are looked up faster than text: ids stay below 2²⁵.
    if (a && b && c && immediate === undefined) {
      const pairs = entry(this.#triples, op);
      const thirds = entry(pairs, a.id + b.id * 2 ** 26);
      const known = thirds.get(c.id);
      if (known) return known;
      const node = this.#new(op, type, args, immediate);
      thirds.set(c.id, node);
      return node;
    }
    const table = entry(this.#tables, op);
    const plain =
      a === undefined
        ? immediate
        : immediate === undefined
          ? a.id
          : typeof immediate === 'number'
            ? a.id * 64 + immediate
            : undefined;
    const key =
      c === undefined && typeof plain === 'number' && op !== 'const'
        ? plain + (b ? (b.id + 1) * 2 ** 26 * (immediate === undefined ? 1 : 64) : 0)
        : `${type}|${a?.id}|${b?.id}|${c?.id}|${immediate}`;
    const known = table.get(key);
    if (known) return known;
    const node = this.#new(op, type, args, immediate);
    table.set(key, node);
    return node;
  }

  #new(op: string, type: WasmType, args: readonly Node[], immediate: Immediate | undefined): Node {
    let home = this.root;
    for (const arg of args) home = deeper(home, arg.home);
    const node = new Node(this.#count++, op, type, args, immediate, home);
    if (type === 'i32') {
      node.range =
        op === 'const'
          ? exactly(immediate as number)
          : transfer(
              op,
              args.map(({ range }) => range),
            );
    }
    return node;
  }

  #simplify(op: string, args: readonly Node[], immediate: Immediate | undefined): Node | undefined {
    const [a, b, c] = args as [Node, Node, Node];
    if (op === 'select') {
      if (a === b) return a;
      if (c.op === 'const') return c.immediate === 0 ? b : a;
      if (c.op === 'i32.eqz') return this.make('select', [b, a, c.args[0] as Node]);
      // select(1, 0, c) of a bool is c.
      if (a.type === 'i32' && a.op === 'const' && b.op === 'const' && a.immediate === 1 && b.immediate === 0) return this.bool(c);
      if (a.type === 'i32' && a.op === 'const' && b.op === 'const' && a.immediate === 0 && b.immediate === 1) {
        return this.make('i32.eqz', [c]);
      }
      return undefined;
    }
    if (op === 'i32.gt_u' || op === 'i32x4.gt_u') {
      const number = testedForNaN(a, b);
      if (number) return this.make(op === 'i32.gt_u' ? 'f32.ne' : 'f32x4.ne', [number, number]);
    }
    if (op.startsWith('i32.') || op.startsWith('min_') || op.startsWith('max_')) return this.#simplifyInt(op, args);
    if (op.startsWith('f32.')) return this.#simplifyFloat(op, args);
    if (op === 'i32x4.splat' || op === 'f32x4.splat') {
      if (a.op === 'const') return this.v128([0, 0, 0, 0].fill(a.immediate as number));
      if (a.op === 'i32x4.extract_lane' || a.op === 'f32x4.extract_lane') {
        return this.make('shuffle', [a.args[0] as Node, a.args[0] as Node], [0, 0, 0, 0].fill(a.immediate as number));
      }
      return undefined;
    }
    if (op === 'i32x4.extract_lane' || op === 'f32x4.extract_lane') {
      const lane = immediate as number;
      const float = op === 'f32x4.extract_lane';
      if (a.op === 'const') {
        const word = (a.immediate as readonly number[])[lane] as number;
        return float ? this.f32Bits(word) : this.i32(word);
      }
      if (a.op === (float ? 'f32x4.splat' : 'i32x4.splat')) return a.args[0];
      if (a.op === (float ? 'f32x4.replace_lane' : 'i32x4.replace_lane')) {
        return a.immediate === lane ? a.args[1] : this.make(op, [a.args[0] as Node], lane);
      }
      if (a.op === 'shuffle') {
        const from = (a.immediate as readonly number[])[lane] as number;
        return this.make(op, [a.args[from >> 2] as Node], from & 3);
      }
      return undefined;
    }
    if (op === 'shuffle') return this.#simplifyShuffle(a, b, immediate as readonly number[]);
    if (op.startsWith('v128.')) return this.#simplifyMask(op, args);
    return undefined;
  }

  /** Lanes 0–3 are the first operand's, 4–7 the second's. */
  #simplifyShuffle(a: Node, b: Node, lanes: readonly number[]): Node | undefined {
    if (lanes.every((lane, i) => lane === i)) return a;
    if (lanes.every((lane, i) => lane === i + 4)) return b;
    if (a !== b && lanes.every((lane) => lane < 4)) return this.make('shuffle', [a, a], lanes);
    if (a !== b && lanes.every((lane) => lane >= 4))
      return this.make(
        'shuffle',
        [b, b],
        lanes.map((lane) => lane - 4),
      );
    if (a === b && lanes.some((lane) => lane >= 4))
      return this.make(
        'shuffle',
        [a, a],
        lanes.map((lane) => lane & 3),
      );
    if (a.op === 'const' && b.op === 'const') {
      const words = [...(a.immediate as readonly number[]), ...(b.immediate as readonly number[])];
      return this.v128(lanes.map((lane) => words[lane] as number));
    }
    if (a === b && a.op === 'shuffle') {
      const inner = a.immediate as readonly number[];
      return this.make(
        'shuffle',
        a.args,
        lanes.map((lane) => inner[lane] as number),
      );
    }
    if (a === b && (a.op === 'f32x4.splat' || a.op === 'i32x4.splat')) return a;
    return undefined;
  }

  #simplifyMask(op: string, [a, b, c]: readonly Node[]): Node | undefined {
    const isWord = (node: Node | undefined, word: number) =>
      node?.op === 'const' && (node.immediate as readonly number[]).every((w) => w === word);
    switch (op) {
      case 'v128.and':
        if (isWord(a, 0) || isWord(b, -1)) return a;
        if (isWord(b, 0) || isWord(a, -1) || a === b) return b;
        return undefined;
      case 'v128.or':
        if (isWord(a, 0) || isWord(b, -1)) return b;
        if (isWord(b, 0) || isWord(a, -1) || a === b) return a;
        return undefined;
      case 'v128.not':
        if (a?.op === 'v128.not') return a.args[0];
        return a?.op === 'const' ? this.v128((a.immediate as readonly number[]).map((w) => ~w)) : undefined;
      case 'v128.bitselect': {
        // bitselect(x, y, mask): x where the mask is set.
        const [x, y, mask] = [a, b, c] as [Node, Node, Node];
        if (x === y || isWord(mask, -1)) return x;
        if (isWord(mask, 0)) return y;
        if (isWord(y, 0)) return this.make('v128.and', [x, mask]);
        if (isWord(x, 0)) return this.make('v128.andnot', [y, mask]);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  /** The bool that is set where `node` is not 0. */
  bool(node: Node): Node {
    return node.range.lo >= 0 && node.range.hi <= 1 ? node : this.make('i32.ne', [node, this.i32(0)]);
  }

  #simplifyInt(op: string, args: readonly Node[]): Node | undefined {
    const [a, b] = args as [Node, Node];
    if (op === 'i32.reinterpret_f32') {
      if (a.op === 'const') return this.i32(a.immediate as number);
      return a.op === 'f32.reinterpret_i32' ? a.args[0] : undefined;
    }
    if (args.every(({ op: kind, type }) => kind === 'const' && type !== 'v128')) {
      const folded = foldInt(
        op,
        args.map(({ type, immediate }) => (type === 'f32' ? floatOf(immediate as number) : (immediate as number))),
      );
      if (folded !== undefined) return this.i32(folded);
    }
    if (op === 'i32.eqz') {
      if (a.op === 'i32.eqz') return this.bool(a.args[0] as Node);
      const mirrored = NEGATED[a.op];
      if (mirrored) return this.make(mirrored, a.args);
      return isConstant(a.range) ? this.i32(Number(a.range.lo === 0)) : undefined;
    }
    if (!b) return undefined;
    if (COMMUTATIVE.has(op) && a.op === 'const' && b.op !== 'const') return this.make(op, [b, a]);
    const decided = transfer(op, [a.range, b.range]);
    if (isConstant(decided)) return this.i32(decided.lo);
    if (op.startsWith('min_') || op.startsWith('max_')) return this.#simplifyExtremum(op, a, b);
    if (b.op !== 'const') {
      if (a === b && (op === 'i32.and' || op === 'i32.or')) return a;
      if (a === b && (op === 'i32.sub' || op === 'i32.xor')) return this.i32(0);
      if (op === 'i32.rem_u' && unsigned(a.range).hi < unsigned(b.range).lo) return a;
      return undefined;
    }
    const value = b.immediate as number;
    if (op === 'i32.div_u' || op === 'i32.rem_u') {
      const divided = this.#divideMultiple(op, a, value);
      if (divided) return divided;
    }
    switch (op) {
      case 'i32.add':
        if (value === 0) return a;
        if (a.op === 'i32.add' && (a.args[1] as Node).op === 'const') {
          return this.make(op, [a.args[0] as Node, this.i32(((a.args[1] as Node).immediate as number) + value)]);
        }
        return undefined;
      case 'i32.sub':
        return this.make('i32.add', [a, this.i32(-value)]);
      case 'i32.mul':
        if (value === 0) return b;
        if (value === 1) return a;
        if (a.op === 'i32.mul' && (a.args[1] as Node).op === 'const') {
          return this.make(op, [a.args[0] as Node, this.i32(Math.imul((a.args[1] as Node).immediate as number, value))]);
        }
        return value > 0 && (value & (value - 1)) === 0 ? this.make('i32.shl', [a, this.i32(31 - Math.clz32(value))]) : undefined;
      case 'i32.div_u':
        if (value === 1) return a;
        return value > 0 && (value & (value - 1)) === 0
          ? this.make('i32.shr_u', [a, this.i32(31 - Math.clz32(value))])
          : undefined;
      case 'i32.rem_u':
        if (value === 1) return this.i32(0);
        if (unsigned(a.range).hi < value >>> 0) return a;
        return value > 0 && (value & (value - 1)) === 0 ? this.make('i32.and', [a, this.i32(value - 1)]) : undefined;
      case 'i32.div_s':
        return value === 1 ? a : undefined;
      case 'i32.and':
        if (value === 0) return b;
        return value === -1 || (value > 0 && (value & (value + 1)) === 0 && unsigned(a.range).hi <= value) ? a : undefined;
      case 'i32.or':
      case 'i32.xor':
        if (value === 0) return a;
        return op === 'i32.or' && value === -1 ? b : undefined;
      case 'i32.shl':
      case 'i32.shr_u':
      case 'i32.shr_s':
        return (value & 31) === 0 ? a : undefined;
      case 'i32.ne':
        return value === 0 && a.range.lo >= 0 && a.range.hi <= 1 ? a : undefined;
      case 'i32.eq':
        return value === 0 ? this.make('i32.eqz', [a]) : undefined;
      default:
        return undefined;
    }
  }

  /** Quotient and remainder of k·x by a multiple or divisor of k, where k·x does not wrap around. */
  #divideMultiple(op: string, a: Node, divisor: number): Node | undefined {
    const [x, by] = a.args;
    if ((a.op !== 'i32.mul' && a.op !== 'i32.shl') || by?.op !== 'const' || !x || divisor <= 0) return undefined;
    const k = a.op === 'i32.mul' ? (by.immediate as number) : 2 ** ((by.immediate as number) & 31);
    if (k <= 1 || unsigned(x.range).hi * k >= 2 ** 32) return undefined;
    if (k % divisor === 0) return op === 'i32.rem_u' ? this.i32(0) : this.make('i32.mul', [x, this.i32(k / divisor)]);
    if (divisor % k !== 0) return undefined;
    const inner = this.make(op, [x, this.i32(divisor / k)]);
    return op === 'i32.rem_u' ? this.make('i32.mul', [inner, this.i32(k)]) : inner;
  }

  #simplifyExtremum(op: string, a: Node, b: Node): Node | undefined {
    if (a === b) return a;
    return this.extremumWithin(op, a, b, a.range, b.range);
  }

  /** The operand that is the minimum or maximum wherever the intervals alone decide it. */
  extremumWithin(op: string, a: Node, b: Node, rangeA: Range, rangeB: Range): Node | undefined {
    const sign = op.slice(4);
    const less = isConstant(transfer(`i32.le_${sign}`, [rangeA, rangeB]))
      ? transfer(`i32.le_${sign}`, [rangeA, rangeB]).lo
      : undefined;
    const greater = isConstant(transfer(`i32.ge_${sign}`, [rangeA, rangeB]))
      ? transfer(`i32.ge_${sign}`, [rangeA, rangeB]).lo
      : undefined;
    const wantsLess = op.startsWith('min');
    if (less === 1) return wantsLess ? a : b;
    if (greater === 1) return wantsLess ? b : a;
    return undefined;
  }

  #simplifyFloat(op: string, args: readonly Node[]): Node | undefined {
    const [a] = args as [Node];
    if (op === 'f32.reinterpret_i32' && a.op === 'i32.reinterpret_f32') return a.args[0];
    if (!args.every(({ op: kind }) => kind === 'const')) return undefined;
    if (op === 'f32.reinterpret_i32') return this.f32Bits(a.immediate as number);
    const values = args.map(({ type, immediate }) => (type === 'f32' ? floatOf(immediate as number) : (immediate as number)));
    const folded = foldFloat(op, values);
    if (folded === undefined) return undefined;
    return typeof folded === 'boolean' ? this.i32(Number(folded)) : Number.isNaN(folded) ? undefined : this.f32(folded);
  }
}

function entry<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = map.get(key);
  if (!inner) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}

export const deeper = (a: Region, b: Region): Region => (a.depth >= b.depth ? a : b);
