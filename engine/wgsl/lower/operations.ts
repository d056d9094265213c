/** WGSL's operators and conversions on values in leaves, with WGSL's results where WebAssembly's instructions differ or would trap. */
import type { BinaryOperator, Scalar, Type } from '../typed.ts';
import type { Graph, Node } from './graph.ts';
import type { Lanes } from './lanes.ts';
import { isVector4, scalarOf } from './layout.ts';
import { type Range, signed, unsigned } from './range.ts';

const INTEGER: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'shl',
};
const FLOAT: Readonly<Record<string, string>> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' };
const COMPARE: Readonly<Record<string, string>> = { '==': 'eq', '!=': 'ne', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' };
const LOGIC: Readonly<Record<string, string>> = { '&': 'and', '|': 'or', '^': 'xor', '!=': 'xor' };

/** The largest f32 that is an i32, and a u32. */
const MOST_I32 = 0x7fffff80;
const MOST_U32 = 0xffffff00;

export class Operations {
  readonly graph: Graph;
  readonly lanes: Lanes;
  /** What is known of an integer at the place that is being lowered. */
  range: (node: Node) => Range = (node) => node.range;

  constructor(graph: Graph, lanes: Lanes) {
    this.graph = graph;
    this.lanes = lanes;
  }

  /** Applies a function of scalars lane by lane. */
  byLane(scalars: readonly Scalar[], result: Scalar, vectors: readonly Node[], f: (...values: Node[]) => Node): Node {
    const columns = vectors.map((vector, i) => this.lanes.lanes(vector, scalars[i] as Scalar));
    return this.lanes.build(
      [0, 1, 2, 3].map((lane) => f(...columns.map((column) => column[lane] as Node))),
      result,
    );
  }

  /** Applies an operation to each leaf of values of one shape. */
  each(type: Type, values: readonly (readonly Node[])[], scalar: (...a: Node[]) => Node, vector: (...a: Node[]) => Node): Node[] {
    if (isVector4(type)) return [vector(...values.map(([v]) => v as Node))];
    return (values[0] as readonly Node[]).map((_, i) => scalar(...values.map((v) => v[i] as Node)));
  }

  binary(operator: BinaryOperator, type: Type, left: readonly Node[], right: readonly Node[]): Node[] {
    const scalar = scalarOf(type);
    return this.each(
      type,
      [left, right],
      (a, b) => this.binaryScalar(operator, scalar, a, b),
      (a, b) => this.#binaryVector(operator, scalar, a, b),
    );
  }

  binaryScalar(operator: BinaryOperator, scalar: Scalar, a: Node, b: Node): Node {
    const g = this.graph;
    const compared = COMPARE[operator];
    if (scalar === 'f32') {
      const name = FLOAT[operator] ?? compared;
      if (name) return g.make(`f32.${name}`, [a, b]);
      // x − y · trunc(x / y)
      return g.make('f32.sub', [a, g.make('f32.mul', [b, g.make('f32.trunc', [g.make('f32.div', [a, b])])])]);
    }
    if (scalar === 'bool') {
      if (operator === '==') return g.make('i32.eqz', [g.make('i32.xor', [a, b])]);
      return g.make(`i32.${LOGIC[operator]}`, [a, b]);
    }
    const sign = scalar === 'i32' ? 's' : 'u';
    if (compared) return g.make(`i32.${compared}${compared === 'eq' || compared === 'ne' ? '' : `_${sign}`}`, [a, b]);
    if (operator === '>>') return g.make(`i32.shr_${sign}`, [a, b]);
    if (operator === '/' || operator === '%') return this.divide(operator, scalar, a, b);
    return g.make(`i32.${INTEGER[operator]}`, [a, b]);
  }

  /** Division and remainder: by zero, and of the least i32 by −1, `x / y` is x and `x % y` is 0. */
  divide(operator: '/' | '%', scalar: Scalar, a: Node, b: Node): Node {
    const g = this.graph;
    const isSigned = scalar === 'i32';
    const name = `i32.${operator === '/' ? 'div' : 'rem'}_${isSigned ? 's' : 'u'}`;
    // What holds everywhere: the instruction may be moved to where a condition does not protect it.
    const divisor = isSigned ? signed(b.range) : unsigned(b.range);
    if (isSigned && divisor.lo > 0 && a.range.lo >= 0 && signed(a.range).lo >= 0) {
      // Both are known to be non-negative: the unsigned instruction has no special cases and its bounds are better known.
      return g.make(name.replace('_s', '_u'), [a, b]);
    }
    if (!isSigned && unsigned(this.range(a)).hi < unsigned(this.range(b)).lo) return operator === '/' ? g.i32(0) : a;
    if (divisor.lo > 0) return g.make(name, [a, b]);
    const one = g.i32(1);
    let fails = g.make('i32.eqz', [b]);
    if (isSigned) {
      const overflows = g.make('i32.and', [g.make('i32.eq', [b, g.i32(-1)]), g.make('i32.eq', [a, g.i32(-2147483648)])]);
      fails = g.make('i32.or', [fails, overflows]);
    }
    return g.make(name, [a, g.make('select', [one, b, fails])]);
  }

  #binaryVector(operator: BinaryOperator, scalar: Scalar, a: Node, b: Node): Node {
    const g = this.graph;
    const compared = COMPARE[operator];
    if (scalar === 'f32') {
      const name = FLOAT[operator] ?? compared;
      if (name) return g.make(`f32x4.${name}`, [a, b]);
      return g.make('f32x4.sub', [a, g.make('f32x4.mul', [b, g.make('f32x4.trunc', [g.make('f32x4.div', [a, b])])])]);
    }
    if (scalar === 'bool') {
      const xor = operator === '==' || operator === '!=';
      const name = xor ? 'v128.xor' : `v128.${LOGIC[operator]}`;
      const result = g.make(name, [a, b]);
      return operator === '==' ? g.make('v128.not', [result]) : result;
    }
    const sign = scalar === 'i32' ? 's' : 'u';
    if (compared) return g.make(`i32x4.${compared}${compared === 'eq' || compared === 'ne' ? '' : `_${sign}`}`, [a, b]);
    if (operator === '/' || operator === '%') {
      return this.byLane([scalar, scalar], scalar, [a, b], (x, y) => this.divide(operator, scalar, x, y));
    }
    if (operator === '<<' || operator === '>>') return this.#shift(operator === '<<' ? 'shl' : `shr_${sign}`, scalar, a, b);
    if (operator === '&' || operator === '|' || operator === '^') return g.make(`v128.${INTEGER[operator]}`, [a, b]);
    return g.make(`i32x4.${INTEGER[operator]}`, [a, b]);
  }

  #shift(name: string, scalar: Scalar, a: Node, b: Node): Node {
    const g = this.graph;
    const [first, ...rest] = this.lanes.lanes(b, 'u32');
    if (rest.every((lane) => lane === first)) return g.make(`i32x4.${name}`, [a, first]);
    return this.byLane([scalar, 'u32'], scalar, [a, b], (x, y) => g.make(`i32.${name}`, [x, y]));
  }

  unary(operator: '-' | '!' | '~', type: Type, value: readonly Node[]): Node[] {
    const g = this.graph;
    const scalar = scalarOf(type);
    if (operator === '!')
      return this.each(
        type,
        [value],
        (a) => g.make('i32.eqz', [a as Node]),
        (a) => g.make('v128.not', [a as Node]),
      );
    if (operator === '~') {
      return this.each(
        type,
        [value],
        (a) => g.make('i32.xor', [a as Node, g.i32(-1)]),
        (a) => g.make('v128.not', [a as Node]),
      );
    }
    if (scalar === 'f32')
      return this.each(
        type,
        [value],
        (a) => g.make('f32.neg', [a as Node]),
        (a) => g.make('f32x4.neg', [a as Node]),
      );
    return this.each(
      type,
      [value],
      (a) => g.make('i32.sub', [g.i32(0), a as Node]),
      (a) => g.make('i32x4.neg', [a as Node]),
    );
  }

  convert(from: Scalar, type: Type, value: readonly Node[]): Node[] {
    const to = scalarOf(type);
    return this.each(
      type,
      [value],
      (a) => this.convertScalar(from, to, a as Node),
      (a) => this.#convertVector(from, to, a as Node),
    );
  }

  convertScalar(from: Scalar, to: Scalar, a: Node): Node {
    const g = this.graph;
    if (from === to) return a;
    if (to === 'bool') return from === 'f32' ? g.make('f32.ne', [a, g.f32(0)]) : g.bool(a);
    // Beyond the integers' range, the largest f32 within it (WGSL 15.7.6), which no other float of the range exceeds.
    if (from === 'f32') {
      return to === 'i32'
        ? this.extremum('min_s', g.make('i32.trunc_sat_f32_s', [a]), g.i32(MOST_I32))
        : this.extremum('min_u', g.make('i32.trunc_sat_f32_u', [a]), g.i32(MOST_U32));
    }
    if (to === 'f32') {
      // A non-negative integer converts alike with and without a sign; with one it is a single instruction.
      const isUnsigned = from === 'u32' && !(a.range.lo >= 0 && a.range.hi < 2 ** 31);
      return from === 'bool'
        ? g.make('select', [g.f32(1), g.f32(0), a])
        : g.make(`f32.convert_i32_${isUnsigned ? 'u' : 's'}`, [a]);
    }
    return a;
  }

  #convertVector(from: Scalar, to: Scalar, a: Node): Node {
    const g = this.graph;
    if (from === to) return a;
    const zero = g.v128([0, 0, 0, 0]);
    if (to === 'bool') return from === 'f32' ? g.make('f32x4.ne', [a, zero]) : g.make('i32x4.ne', [a, zero]);
    if (from === 'bool')
      return g.make('v128.and', [a, to === 'f32' ? g.v128([0, 0, 0, 0].fill(0x3f800000)) : g.v128([1, 1, 1, 1])]);
    if (from === 'f32') {
      return to === 'i32'
        ? g.make('i32x4.min_s', [g.make('i32x4.trunc_sat_f32x4_s', [a]), g.v128([0, 0, 0, 0].fill(MOST_I32))])
        : g.make('i32x4.min_u', [g.make('i32x4.trunc_sat_f32x4_u', [a]), g.v128([0, 0, 0, 0].fill(MOST_U32))]);
    }
    if (to === 'f32') return g.make(from === 'i32' ? 'f32x4.convert_i32x4_s' : 'f32x4.convert_i32x4_u', [a]);
    return a;
  }

  bitcast(from: Scalar, type: Type, value: readonly Node[]): Node[] {
    const to = scalarOf(type);
    const g = this.graph;
    if ((from === 'f32') === (to === 'f32')) return [...value];
    return this.each(
      type,
      [value],
      (a) => g.make(to === 'f32' ? 'f32.reinterpret_i32' : 'i32.reinterpret_f32', [a as Node]),
      (a) => a as Node,
    );
  }

  /** `min_u`, `max_u`, `min_s` or `max_s`: one of the operands, where what is known here decides it. */
  extremum(name: string, a: Node, b: Node): Node {
    return this.graph.extremumWithin(name, a, b, this.range(a), this.range(b)) ?? this.graph.make(name, [a, b]);
  }

  /** `yes` where the condition holds. */
  select(type: Type, no: readonly Node[], yes: readonly Node[], condition: readonly Node[], perComponent: boolean): Node[] {
    const g = this.graph;
    const [single] = condition as [Node];
    if (isVector4(type)) {
      const [a, b] = [no[0] as Node, yes[0] as Node];
      if (single.op === 'const' && !perComponent) return [single.immediate === 0 ? a : b];
      const mask = perComponent ? single : this.lanes.splat(single, 'bool');
      return [g.make('v128.bitselect', [b, a, mask])];
    }
    return no.map((a, i) => this.choose(a, yes[i] as Node, perComponent ? (condition[i] as Node) : single));
  }

  choose(no: Node, yes: Node, condition: Node): Node {
    if (no.type === 'v128') return this.graph.make('v128.bitselect', [yes, no, this.lanes.splat(condition, 'bool')]);
    return this.graph.make('select', [yes, no, condition]);
  }
}
