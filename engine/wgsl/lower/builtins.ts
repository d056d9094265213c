/** WGSL's built-in functions of values. Mathematics beyond single instructions is called: `call.exp` works on four lanes. */
import type { Scalar, Type } from '../typed.ts';
import type { Node } from './graph.ts';
import { isVector4, scalarOf } from './layout.ts';
import type { Operations } from './operations.ts';

/** Functions of one, two or three floats that wasm/mathematics.ts defines for four lanes. */
const CALLED = new Set(
  'exp exp2 log log2 pow sin cos tan tanh sinh cosh asin acos atan atan2 asinh acosh atanh quantizeToF16'.split(' '),
);
/** Bit operations on integers that wasm/mathematics.ts does not have: done lane by lane. */
type Leaves = readonly Node[];

export class Builtins {
  readonly #o: Operations;

  constructor(operations: Operations) {
    this.#o = operations;
  }

  /** The leaves of the result; undefined for a function that the CPU device does not know. `types`: of the arguments. */
  call(name: string, type: Type, types: readonly Type[], args: readonly Leaves[]): Node[] | undefined {
    const g = this.#o.graph;
    const [a = [], b = [], c = []] = args;
    const first = types[0] ?? type;
    const scalar = scalarOf(first);
    if (CALLED.has(name)) return this.#mathematics(name, type, args);
    const float = this.#float(name, type, args);
    if (float && scalar === 'f32') return float;
    switch (name) {
      case 'select':
        return this.#o.select(type, a, b, c, types[2]?.kind === 'vector');
      case 'any':
      case 'all':
        return [this.#anyAll(name, first, a)];
      case 'dot':
        return [this.#dot(first, a, b)];
      case 'abs':
        if (scalar === 'u32') return [...a];
        return this.#o.each(
          type,
          [a],
          (x) => this.#absolute(x as Node),
          (x) => g.make('i32x4.abs', [x as Node]),
        );
      case 'sign':
        return this.#integers(type, [a], (x) =>
          g.make('i32.or', [g.make('i32.shr_s', [x as Node, g.i32(31)]), g.make('i32.ne', [x as Node, g.i32(0)])]),
        );
      case 'min':
      case 'max':
        return this.#extremum(name, type, a, b);
      case 'clamp':
        return this.#extremum('min', type, this.#extremum('max', type, a, b), c);
      case 'length':
        return [g.make('f32.sqrt', [this.#dot(first, a, a)])]
          .slice(0, first.kind === 'scalar' ? 0 : 1)
          .concat(first.kind === 'scalar' ? [g.make('f32.abs', [a[0] as Node])] : []);
      case 'distance': {
        const d = this.#o.binary('-', first, a, b);
        return this.call('length', type, [first], [d]);
      }
      case 'normalize': {
        const [length] = this.call('length', type, [first], [a]) as Node[];
        return this.#o.binary('/', first, a, this.#spread(first, length as Node));
      }
      case 'cross': {
        const minor = (i: number, j: number) =>
          g.make('f32.sub', [g.make('f32.mul', [a[i] as Node, b[j] as Node]), g.make('f32.mul', [a[j] as Node, b[i] as Node])]);
        return [minor(1, 2), minor(2, 0), minor(0, 1)];
      }
      case 'reflect': {
        const twice = g.make('f32.mul', [g.f32(2), this.#dot(first, b, a)]);
        return this.#o.binary('-', first, a, this.#o.binary('*', first, this.#spread(first, twice), b));
      }
      case 'faceForward': {
        const behind = g.make('f32.lt', [this.#dot(first, b, c), g.f32(0)]);
        return this.#o.select(type, this.#o.unary('-', type, a), a, [behind], false);
      }
      case 'refract': {
        const along = this.#dot(first, b, a);
        const eta = c[0] as Node;
        const rest = g.make('f32.sub', [g.f32(1), g.make('f32.mul', [along, along])]);
        const k = g.make('f32.sub', [g.f32(1), g.make('f32.mul', [g.make('f32.mul', [eta, eta]), rest])]);
        const factor = g.make('f32.add', [g.make('f32.mul', [eta, along]), g.make('f32.sqrt', [k])]);
        const bent = this.#o.binary(
          '-',
          first,
          this.#o.binary('*', first, this.#spread(first, eta), a),
          this.#o.binary('*', first, this.#spread(first, factor), b),
        );
        return this.#o.select(
          type,
          bent,
          this.#o.binary('-', first, a, a).map((node) => this.#zeroLike(node)),
          [g.make('f32.lt', [k, g.f32(0)])],
          false,
        );
      }
      case 'countOneBits':
        return this.#integers(type, [a], (x) => g.make('i32.popcnt', [x as Node]));
      case 'countLeadingZeros':
        return this.#integers(type, [a], (x) => g.make('i32.clz', [x as Node]));
      case 'countTrailingZeros':
        return this.#integers(type, [a], (x) => g.make('i32.ctz', [x as Node]));
      case 'firstTrailingBit':
        return this.#integers(type, [a], (x) =>
          g.make('select', [g.i32(-1), g.make('i32.ctz', [x as Node]), g.make('i32.eqz', [x as Node])]),
        );
      case 'firstLeadingBit':
        return this.#integers(type, [a], (x) => {
          const bits =
            scalar === 'i32' ? g.make('i32.xor', [x as Node, g.make('i32.shr_s', [x as Node, g.i32(31)])]) : (x as Node);
          return g.make('i32.sub', [g.i32(31), g.make('i32.clz', [bits])]);
        });
      case 'reverseBits':
        return this.#integers(type, [a], (x) => this.#reverse(x as Node));
      case 'extractBits':
        return this.#withCounts(type, [a], b, c, (offset, count, x) => this.#extractBits(scalar, x as Node, offset, count));
      case 'insertBits':
        return this.#withCounts(type, [a, b], c, args[3] ?? [], (offset, count, x, bits) =>
          this.#insertBits(x as Node, bits as Node, offset, count),
        );
      case 'dot4U8Packed':
      case 'dot4I8Packed':
        return [this.#dotPacked(a[0] as Node, b[0] as Node, name === 'dot4I8Packed')];
      default:
        return this.#packing(name, a, b);
    }
  }

  #zeroLike(node: Node): Node {
    const g = this.#o.graph;
    return node.type === 'v128' ? g.v128([0, 0, 0, 0]) : node.type === 'f32' ? g.f32(0) : g.i32(0);
  }

  #spread(type: Type, node: Node): Node[] {
    if (type.kind !== 'vector') return [node];
    return type.size === 4 ? [this.#o.lanes.splat(node, type.scalar)] : Array.from({ length: type.size }, () => node);
  }

  /** A function of integers that has no vector instruction. */
  #integers(type: Type, values: readonly Leaves[], f: (...x: Node[]) => Node): Node[] {
    const scalar = scalarOf(type);
    return this.#o.each(type, values, f, (...vectors) =>
      this.#o.byLane(
        vectors.map(() => scalar),
        scalar,
        vectors,
        f,
      ),
    );
  }

  #withCounts(
    type: Type,
    values: readonly Leaves[],
    offset: Leaves,
    count: Leaves,
    f: (offset: Node, count: Node, ...x: Node[]) => Node,
  ): Node[] {
    const g = this.#o.graph;
    const at = this.#o.extremum('min_u', offset[0] as Node, g.i32(32));
    const width = this.#o.extremum('min_u', count[0] as Node, g.make('i32.sub', [g.i32(32), at]));
    return this.#integers(type, values, (...x) => f(at, width, ...x));
  }

  #extractBits(scalar: Scalar, x: Node, offset: Node, count: Node): Node {
    const g = this.#o.graph;
    const left = g.make('i32.shl', [x, g.make('i32.sub', [g.i32(32), g.make('i32.add', [offset, count])])]);
    const moved = g.make(scalar === 'i32' ? 'i32.shr_s' : 'i32.shr_u', [left, g.make('i32.sub', [g.i32(32), count])]);
    return g.make('select', [g.i32(0), moved, g.make('i32.eqz', [count])]);
  }

  #insertBits(x: Node, bits: Node, offset: Node, count: Node): Node {
    const g = this.#o.graph;
    // A mask of `count` ones; shifts by 32 are shifts by 0, so none and all are told apart.
    const ones = g.make('select', [
      g.i32(0),
      g.make('i32.shr_u', [g.i32(-1), g.make('i32.sub', [g.i32(32), count])]),
      g.make('i32.eqz', [count]),
    ]);
    const mask = g.make('i32.shl', [ones, offset]);
    const kept = g.make('i32.and', [x, g.make('i32.xor', [mask, g.i32(-1)])]);
    return g.make('i32.or', [kept, g.make('i32.and', [g.make('i32.shl', [bits, offset]), mask])]);
  }

  #reverse(x: Node): Node {
    const g = this.#o.graph;
    const swap = (value: Node, mask: number, by: number) =>
      g.make('i32.or', [
        g.make('i32.shl', [g.make('i32.and', [value, g.i32(mask)]), g.i32(by)]),
        g.make('i32.and', [g.make('i32.shr_u', [value, g.i32(by)]), g.i32(mask)]),
      ]);
    const bytes = swap(swap(swap(x, 0x55555555, 1), 0x33333333, 2), 0x0f0f0f0f, 4);
    return swap(swap(bytes, 0x00ff00ff, 8), 0x0000ffff, 16);
  }

  #absolute(x: Node): Node {
    const g = this.#o.graph;
    const sign = g.make('i32.shr_s', [x, g.i32(31)]);
    return x.range.lo >= 0 && x.range.hi < 2 ** 31 ? x : g.make('i32.sub', [g.make('i32.xor', [x, sign]), sign]);
  }

  #extremum(name: string, type: Type, a: Leaves, b: Leaves): Node[] {
    const g = this.#o.graph;
    const scalar = scalarOf(type);
    // Floats: the second operand where it is less, otherwise the first, as pmin and pmax have it. WGSL allows either for NaN.
    if (scalar === 'f32')
      return this.#o.each(
        type,
        [a, b],
        (x, y) => this.#extremumF32(name, x as Node, y as Node),
        (x, y) => g.make(`f32x4.p${name}`, [x as Node, y as Node]),
      );
    const suffix = scalar === 'i32' ? 's' : 'u';
    return this.#o.each(
      type,
      [a, b],
      (x, y) => this.#o.extremum(`${name}_${suffix}`, x as Node, y as Node),
      (x, y) => g.make(`i32x4.${name}_${suffix}`, [x as Node, y as Node]),
    );
  }

  /** pmin and pmax exist for vectors only; lane 0 is what they give for scalars. */
  #extremumF32(name: string, a: Node, b: Node): Node {
    const g = this.#o.graph;
    return g.make(`f32.p${name}`, [a, b]);
  }

  #anyAll(name: 'any' | 'all', type: Type, value: Leaves): Node {
    const g = this.#o.graph;
    if (isVector4(type)) return g.make(name === 'any' ? 'v128.any_true' : 'i32x4.all_true', value);
    return value.reduce((x, y) => g.make(name === 'any' ? 'i32.or' : 'i32.and', [x, y]));
  }

  /** (x·x' + z·z') + (y·y' + w·w') for four components; from the first to the last otherwise. */
  #dot(type: Type, a: Leaves, b: Leaves): Node {
    const g = this.#o.graph;
    const scalar = scalarOf(type);
    const products = this.#o.binary('*', type, a, b);
    const plus = scalar === 'f32' ? 'f32.add' : 'i32.add';
    if (isVector4(type)) {
      const [p] = products as [Node];
      const vectorPlus = scalar === 'f32' ? 'f32x4.add' : 'i32x4.add';
      const halves = g.make(vectorPlus, [p, g.make('shuffle', [p, p], [2, 3, 0, 1])]);
      return g.make(plus, [this.#o.lanes.extract(halves, 0, scalar), this.#o.lanes.extract(halves, 1, scalar)]);
    }
    return products.reduce((x, y) => g.make(plus, [x, y]));
  }

  #mathematics(name: string, type: Type, args: readonly Leaves[]): Node[] {
    const g = this.#o.graph;
    const vector = (...values: Node[]) => g.make(`call.${name}`, values);
    const scalar = (...values: Node[]) =>
      g.make('f32x4.extract_lane', [vector(...values.map((value) => g.make('f32x4.splat', [value])))], 0);
    return this.#o.each(type, args, scalar, vector);
  }

  /** Functions of floats in few instructions. */
  #float(name: string, type: Type, args: readonly Leaves[]): Node[] | undefined {
    const g = this.#o.graph;
    const o = this.#o;
    const [a = [], b = [], c = []] = args;
    const constant = (value: number): Node[] => this.#spread(type, g.f32(value));
    const instruction = (op: string) =>
      o.each(
        type,
        [a],
        (x) => g.make(`f32.${op}`, [x as Node]),
        (x) => g.make(`f32x4.${op}`, [x as Node]),
      );
    switch (name) {
      case 'abs':
      case 'ceil':
      case 'floor':
      case 'trunc':
      case 'sqrt':
        return instruction(name);
      case 'round':
        return instruction('nearest');
      case 'inverseSqrt':
        return o.binary('/', type, constant(1), instruction('sqrt'));
      case 'fract':
        return o.binary('-', type, a, instruction('floor'));
      case 'fma':
        return o.binary('+', type, o.binary('*', type, a, b), c);
      case 'mix': {
        const t = c.length === a.length ? c : this.#spread(type, c[0] as Node);
        const s = isVector4(type) && c[0]?.type !== 'v128' ? this.#spread(type, c[0] as Node) : t;
        return o.binary('+', type, o.binary('*', type, a, o.binary('-', type, constant(1), s)), o.binary('*', type, b, s));
      }
      case 'step':
        return this.#choose(type, constant(0), constant(1), o.binary('<=', type, a, b));
      case 'sign': {
        const positive = this.#choose(type, a, constant(1), o.binary('>', type, a, constant(0)));
        return this.#choose(type, positive, constant(-1), o.binary('<', type, a, constant(0)));
      }
      case 'saturate':
        return this.#extremum('min', type, this.#extremum('max', type, a, constant(0)), constant(1));
      case 'smoothstep': {
        const raw = o.binary('/', type, o.binary('-', type, c, a), o.binary('-', type, b, a));
        const t = this.#float('saturate', type, [raw]) as Node[];
        return o.binary(
          '*',
          type,
          o.binary('*', type, t, t),
          o.binary('-', type, constant(3), o.binary('*', type, constant(2), t)),
        );
      }
      case 'degrees':
        return o.binary('*', type, a, constant(180 / Math.PI));
      case 'radians':
        return o.binary('*', type, a, constant(Math.PI / 180));
      case 'ldexp':
        return this.#ldexp(type, a, b);
      default:
        return undefined;
    }
  }

  #choose(type: Type, no: Leaves, yes: Leaves, condition: Leaves): Node[] {
    return this.#o.select(type, no, yes, condition, type.kind === 'vector');
  }

  /** x · 2^e in three factors that each exist, so that neither large nor subnormal results go astray. */
  #ldexp(type: Type, a: Leaves, e: Leaves): Node[] {
    const g = this.#o.graph;
    const power = (k: Node) =>
      g.make('f32.reinterpret_i32', [g.make('i32.shl', [g.make('i32.add', [k, g.i32(127)]), g.i32(23)])]);
    const one = (x: Node, exponent: Node): Node => {
      const clamped = this.#o.extremum('max_s', this.#o.extremum('min_s', exponent, g.i32(300)), g.i32(-300));
      const third = g.make('i32.div_s', [clamped, g.i32(3)]);
      const rest = g.make('i32.sub', [clamped, g.make('i32.add', [third, third])]);
      return g.make('f32.mul', [g.make('f32.mul', [g.make('f32.mul', [x, power(third)]), power(third)]), power(rest)]);
    };
    return this.#o.each(
      type,
      [a, e],
      (x, k) => one(x as Node, k as Node),
      (x, k) => this.#o.byLane(['f32', 'i32'], 'f32', [x as Node, k as Node], (y, n) => one(y as Node, n as Node)),
    );
  }

  #dotPacked(a: Node, b: Node, isSigned: boolean): Node {
    const g = this.#o.graph;
    const byte = (x: Node, i: number) =>
      g.make(isSigned ? 'i32.shr_s' : 'i32.shr_u', [g.make('i32.shl', [x, g.i32(24 - 8 * i)]), g.i32(24)]);
    return [0, 1, 2, 3].map((i) => g.make('i32.mul', [byte(a, i), byte(b, i)])).reduce((x, y) => g.make('i32.add', [x, y]));
  }

  /** pack… and unpack…: bits of smaller numbers in a u32. */
  #packing(name: string, a: Leaves, b: Leaves): Node[] | undefined {
    const g = this.#o.graph;
    const o = this.#o;
    const lanes = (scalar: Scalar): readonly Node[] => (a[0]?.type === 'v128' ? o.lanes.lanes(a[0], scalar) : a);
    const clamp = (x: Node, low: number, high: number) => g.make('f32.pmin', [g.make('f32.pmax', [x, g.f32(low)]), g.f32(high)]);
    const join = (parts: readonly Node[], bits: number): Node[] => [
      parts
        .map((part, i) => g.make('i32.shl', [g.make('i32.and', [part, g.i32(bits === 8 ? 255 : 65535)]), g.i32(bits * i)]))
        .reduce((x, y) => g.make('i32.or', [x, y])),
    ];
    const norm = (scale: number, low: number) => (x: Node) => {
      const scaled = g.make('f32.add', [g.f32(0.5), g.make('f32.mul', [g.f32(scale), clamp(x, low, 1)])]);
      return g.make('i32.trunc_sat_f32_s', [g.make('f32.floor', [scaled])]);
    };
    const field = (i: number, bits: number, isSigned: boolean) =>
      g.make(isSigned ? 'i32.shr_s' : 'i32.shr_u', [
        g.make('i32.shl', [a[0] as Node, g.i32(32 - bits * (i + 1))]),
        g.i32(32 - bits),
      ]);
    const fields = (count: number, isSigned: boolean, finish: (x: Node) => Node, scalar: Scalar): Node[] => {
      const parts = Array.from({ length: count }, (_, i) => finish(field(i, 32 / count, isSigned)));
      return count === 4 ? [o.lanes.build(parts, scalar)] : parts;
    };
    const unnorm = (scale: number) => (x: Node) =>
      g.make('f32.pmax', [g.make('f32.div', [g.make('f32.convert_i32_s', [x]), g.f32(scale)]), g.f32(-1)]);
    const half = (x: Node) => g.make('f32x4.extract_lane', [g.make('call.unpackHalf', [g.make('i32x4.splat', [x])])], 0);
    const toHalf = (x: Node) => g.make('i32x4.extract_lane', [g.make('call.packHalf', [g.make('f32x4.splat', [x])])], 0);
    void b;
    switch (name) {
      case 'pack4x8unorm':
        return join(lanes('f32').map(norm(255, 0)), 8);
      case 'pack4x8snorm':
        return join(lanes('f32').map(norm(127, -1)), 8);
      case 'pack2x16unorm':
        return join(a.map(norm(65535, 0)), 16);
      case 'pack2x16snorm':
        return join(a.map(norm(32767, -1)), 16);
      case 'pack2x16float':
        return join(a.map(toHalf), 16);
      case 'pack4xI8':
      case 'pack4xU8':
        return join(lanes('i32'), 8);
      case 'pack4xI8Clamp':
        return join(
          lanes('i32').map((x) => o.extremum('min_s', o.extremum('max_s', x, g.i32(-128)), g.i32(127))),
          8,
        );
      case 'pack4xU8Clamp':
        return join(
          lanes('u32').map((x) => o.extremum('min_u', x, g.i32(255))),
          8,
        );
      case 'unpack4x8unorm':
        return fields(4, false, unnorm(255), 'f32');
      case 'unpack4x8snorm':
        return fields(4, true, unnorm(127), 'f32');
      case 'unpack2x16unorm':
        return fields(2, false, unnorm(65535), 'f32');
      case 'unpack2x16snorm':
        return fields(2, true, unnorm(32767), 'f32');
      case 'unpack2x16float':
        return fields(2, false, half, 'f32');
      case 'unpack4xI8':
        return fields(4, true, (x) => x, 'i32');
      case 'unpack4xU8':
        return fields(4, false, (x) => x, 'u32');
      default:
        return undefined;
    }
  }
}
