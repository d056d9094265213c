/**
 * exp, log, tanh, … on four floats. The polynomials are those of Moshier's Cephes library (netlib.org/cephes, single precision) unless said
 * otherwise; tests/unit/wgsl/wasm/mathematics.test.ts compares each with float64 over its whole domain and holds the bounds stated here,
 * in units in the last place (ulp) of the exact result.
 */
import { bitsOf, type Graph, type Node } from '../lower/graph.ts';

type Formula = (g: Graph, x: Node, y: Node) => Node;

/** Short names for what the formulas are made of. */
class Terms {
  readonly g: Graph;

  constructor(g: Graph) {
    this.g = g;
  }

  c(value: number): Node {
    return this.g.v128([0, 0, 0, 0].fill(bitsOf(value)));
  }

  word(value: number): Node {
    return this.g.v128([0, 0, 0, 0].fill(value));
  }

  double(value: number): Node {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const [high, low] = [view.getInt32(0), view.getInt32(4)];
    return this.g.v128([low, high, low, high]);
  }

  f(op: string, ...args: readonly Node[]): Node {
    return this.g.make(`f32x4.${op}`, args);
  }

  i(op: string, ...args: readonly Node[]): Node {
    return this.g.make(`i32x4.${op}`, args);
  }

  d(op: string, ...args: readonly Node[]): Node {
    return this.g.make(`f64x2.${op}`, args);
  }

  and(a: Node, b: Node): Node {
    return this.g.make('v128.and', [a, b]);
  }

  or(a: Node, b: Node): Node {
    return this.g.make('v128.or', [a, b]);
  }

  xor(a: Node, b: Node): Node {
    return this.g.make('v128.xor', [a, b]);
  }

  /** `yes` where the mask is set. */
  pick(mask: Node, yes: Node, no: Node): Node {
    return this.g.make('v128.bitselect', [yes, no, mask]);
  }

  shift(op: 'shl' | 'shr_s' | 'shr_u', x: Node, by: number): Node {
    return this.g.make(`i32x4.${op}`, [x, this.g.i32(by)]);
  }

  call(name: string, ...args: readonly Node[]): Node {
    return this.g.make(`call.${name}`, args);
  }

  /** Horner's rule, the highest coefficient first. */
  polynomial(x: Node, coefficients: readonly number[]): Node {
    const [first = 0, ...rest] = coefficients;
    return rest.reduce((sum, coefficient) => this.f('add', this.f('mul', sum, x), this.c(coefficient)), this.c(first));
  }

  polynomialDouble(x: Node, coefficients: readonly number[]): Node {
    const [first = 0, ...rest] = coefficients;
    return rest.reduce((sum, coefficient) => this.d('add', this.d('mul', sum, x), this.double(coefficient)), this.double(first));
  }

  get sign(): Node {
    return this.word(0x80000000);
  }

  magnitude(x: Node): Node {
    return this.f('abs', x);
  }

  withSign(magnitude: Node, of: Node): Node {
    return this.or(magnitude, this.and(of, this.sign));
  }

  /** 2^k for −126 ≤ k ≤ 127. */
  power(k: Node): Node {
    return this.shift('shl', this.i('add', k, this.word(127)), 23);
  }

  /** p · 2^n for −252 ≤ n ≤ 254: in two factors, so that results beyond and below the normal numbers come out. */
  scale(p: Node, n: Node): Node {
    const half = this.shift('shr_s', n, 1);
    return this.f('mul', this.f('mul', p, this.power(half)), this.power(this.i('sub', n, half)));
  }

  /** The nearest integer as float and as i32, for |x| < 2²². */
  nearest(x: Node): { readonly float: Node; readonly word: Node } {
    const magic = this.c(12582912);
    const moved = this.f('add', x, magic);
    return { float: this.f('sub', moved, magic), word: this.i('sub', moved, magic) };
  }

  clamp(x: Node, low: number, high: number): Node {
    // In this order of the operands a NaN stays.
    return this.f('pmin', this.f('pmax', x, this.c(low)), this.c(high));
  }

  /** x = m · 2^e with m in [√½, √2); `r` is m − 1. Subnormal numbers too. */
  split(x: Node): { readonly r: Node; readonly e: Node } {
    const isSmall = this.f('lt', x, this.c(2 ** -126));
    const scaled = this.pick(isSmall, this.f('mul', x, this.c(2 ** 23)), x);
    const m = this.or(this.and(scaled, this.word(0x7fffff)), this.word(0x3f000000));
    const isLow = this.f('lt', m, this.c(Math.SQRT1_2));
    const exponent = this.i('sub', this.shift('shr_u', scaled, 23), this.pick(isSmall, this.word(149), this.word(126)));
    // isLow is −1 where it holds.
    const e = this.f('convert_i32x4_s', this.i('add', exponent, isLow));
    const r = this.f('sub', this.f('add', m, this.and(m, isLow)), this.c(1));
    return { r, e };
  }

  /** What a logarithm is where there is none of the usual kind: −∞ at 0, NaN below and for NaN, ∞ at ∞. */
  logarithm(x: Node, value: Node): Node {
    const noNumber = this.or(this.f('lt', x, this.c(0)), this.f('ne', x, x));
    const atInfinity = this.pick(this.f('eq', x, this.c(Number.POSITIVE_INFINITY)), x, value);
    const atZero = this.pick(this.f('eq', x, this.c(0)), this.c(Number.NEGATIVE_INFINITY), atInfinity);
    return this.pick(noNumber, this.word(0x7fc00000), atZero);
  }

  /** Two lanes as f64. */
  halves(x: Node): readonly [Node, Node] {
    const high = this.g.make('shuffle', [x, x], [2, 3, 2, 3]);
    return [this.g.make('f64x2.promote_low_f32x4', [x]), this.g.make('f64x2.promote_low_f32x4', [high])];
  }

  join(low: Node, high: Node): Node {
    return this.g.make('shuffle', [low, high], [0, 1, 4, 5]);
  }

  demote(low: Node, high: Node): Node {
    return this.join(this.g.make('f32x4.demote_f64x2_zero', [low]), this.g.make('f32x4.demote_f64x2_zero', [high]));
  }

  truncate(low: Node, high: Node): Node {
    return this.join(this.g.make('i32x4.trunc_sat_f64x2_s_zero', [low]), this.g.make('i32x4.trunc_sat_f64x2_s_zero', [high]));
  }
}

const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

/** e^x, within 1.5 ulp. */
function exp(g: Graph, given: Node): Node {
  const t = new Terms(g);
  const x = t.clamp(given, -104, 89);
  const n = t.nearest(t.f('mul', x, t.c(Math.LOG2E)));
  const r = t.f('sub', t.f('sub', x, t.f('mul', n.float, t.c(LN2_HIGH))), t.f('mul', n.float, t.c(LN2_LOW)));
  const p = t.polynomial(r, [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]);
  return t.scale(t.f('add', t.f('add', t.f('mul', p, t.f('mul', r, r)), r), t.c(1)), n.word);
}

/** 2^x, within 1.5 ulp. */
function exp2(g: Graph, given: Node): Node {
  const t = new Terms(g);
  const x = t.clamp(given, -151, 129);
  const n = t.nearest(x);
  const r = t.f('sub', x, n.float);
  const coefficients = [1.53533619e-4, 1.33988744e-3, 9.61843736e-3, 5.550332471e-2, 2.402264791e-1, 6.931472028e-1, 1];
  return t.scale(t.polynomial(r, coefficients), n.word);
}

const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
  -2.4999993993e-1, 3.3333331174e-1,
];

/** ln x, within 1.5 ulp. */
function log(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const { r, e } = t.split(x);
  const z = t.f('mul', r, r);
  const cubic = t.f('mul', t.f('mul', t.polynomial(r, LOG), r), z);
  const small = t.f('sub', t.f('add', cubic, t.f('mul', e, t.c(LN2_LOW))), t.f('mul', z, t.c(0.5)));
  return t.logarithm(x, t.f('add', t.f('add', r, small), t.f('mul', e, t.c(LN2_HIGH))));
}

/** log2 x, within 2 ulp. */
function log2(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const { r, e } = t.split(x);
  const z = t.f('mul', r, r);
  const y = t.f('sub', t.f('mul', t.f('mul', t.polynomial(r, LOG), r), z), t.f('mul', z, t.c(0.5)));
  // log2 e is 1 + this.
  const rest = t.c(0.4426950408889634);
  const sum = t.f('add', t.f('add', t.f('add', t.f('mul', y, rest), t.f('mul', r, rest)), y), r);
  return t.logarithm(x, t.f('add', sum, e));
}

/** x^y for x ≥ 0 through 2^(y log2 x) in double precision, within 1 ulp. NaN for x < 0; x⁰ is 1. */
function pow(g: Graph, x: Node, y: Node): Node {
  const t = new Terms(g);
  const { r, e } = t.split(x);
  const exponents = t.halves(y);
  const wholes = t.halves(e);
  const powers = t.halves(r).map((remainder, i) => {
    // ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| < 0.172
    const s = t.d('div', remainder, t.d('add', remainder, t.double(2)));
    const series = t.polynomialDouble(
      t.d('mul', s, s),
      [15, 13, 11, 9, 7, 5, 3, 1].map((k) => 2 / (k * Math.LN2)),
    );
    const logarithm = t.d('add', wholes[i] as Node, t.d('mul', s, series));
    const product = t.d('mul', exponents[i] as Node, logarithm);
    const p = t.d('pmin', t.d('pmax', product, t.double(-160)), t.double(140));
    const n = t.d('nearest', p);
    const f = t.d('mul', t.d('sub', p, n), t.double(Math.LN2));
    const factorials = [362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1];
    return {
      n,
      value: t.polynomialDouble(
        f,
        factorials.map((k) => 1 / k),
      ),
    };
  }) as [{ n: Node; value: Node }, { n: Node; value: Node }];
  const [low, high] = powers;
  const usual = t.scale(t.demote(low.value, high.value), t.truncate(low.n, high.n));
  const zero = t.c(0);
  const infinity = t.c(Number.POSITIVE_INFINITY);
  const rises = t.f('gt', y, zero);
  const atZero = t.pick(t.f('eq', x, zero), t.pick(rises, zero, infinity), usual);
  const atEnds = t.pick(t.f('eq', x, infinity), t.pick(rises, infinity, zero), atZero);
  const noNumber = t.or(t.or(t.f('lt', x, zero), t.f('ne', x, x)), t.f('ne', y, y));
  return t.pick(t.f('eq', y, zero), t.c(1), t.pick(noNumber, t.word(0x7fc00000), atEnds));
}

/**
 * sin and cos of x − nπ/2 and n: the reduction is done in double precision, with π/2 in two parts, and holds for |x| < 4·10⁸. Beyond, the
 * results stay within [−1, 1] and are the same everywhere, but mean nothing.
 */
function sinCos(t: Terms, x: Node): { readonly s: Node; readonly c: Node; readonly quarter: Node } {
  const reduced = t.halves(x).map((v) => {
    const n = t.d('nearest', t.d('mul', v, t.double(2 / Math.PI)));
    const first = t.d('sub', v, t.d('mul', n, t.double(1.5707963109016418)));
    return { n, r: t.d('sub', first, t.d('mul', n, t.double(1.5893254773528196e-8))) };
  }) as [{ n: Node; r: Node }, { n: Node; r: Node }];
  const [low, high] = reduced;
  const r = t.clamp(t.demote(low.r, high.r), -0.8, 0.8);
  const z = t.f('mul', r, r);
  const sine = t.polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  const cosine = t.polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
  const s = t.f('add', r, t.f('mul', t.f('mul', r, z), sine));
  const c = t.f('add', t.f('sub', t.c(1), t.f('mul', z, t.c(0.5))), t.f('mul', t.f('mul', z, z), cosine));
  return { s, c, quarter: t.truncate(low.n, high.n) };
}

/** The bit of `quarter` numbered 1 (value 2) as a float's sign. */
const signOf = (t: Terms, quarter: Node): Node => t.shift('shl', t.and(quarter, t.word(2)), 30);

/** sin x, within 1.5 ulp for |x| < 4·10⁸ but near its zeros, where the absolute error stays below 10⁻⁷. */
function sin(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const { s, c, quarter } = sinCos(t, x);
  const isOdd = t.i('ne', t.and(quarter, t.word(1)), t.word(0));
  return t.xor(t.pick(isOdd, c, s), signOf(t, quarter));
}

/** cos x, as sin. */
function cos(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const { s, c, quarter } = sinCos(t, x);
  const isOdd = t.i('ne', t.and(quarter, t.word(1)), t.word(0));
  return t.xor(t.pick(isOdd, s, c), signOf(t, t.i('add', quarter, t.word(1))));
}

/** tan x as sin x / cos x, within 4 ulp for |x| < 4·10⁸. */
function tan(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const { s, c, quarter } = sinCos(t, x);
  const isOdd = t.i('ne', t.and(quarter, t.word(1)), t.word(0));
  return t.pick(isOdd, t.f('neg', t.f('div', c, s)), t.f('div', s, c));
}

/** tanh x, within 2.5 ulp. */
function tanh(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const z = t.f('mul', x, x);
  const series = t.polynomial(z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]);
  const small = t.f('add', t.f('mul', t.f('mul', series, z), x), x);
  const e = t.call('exp', t.f('add', a, a));
  const large = t.f('sub', t.c(1), t.f('div', t.c(2), t.f('add', e, t.c(1))));
  return t.pick(t.f('lt', a, t.c(0.625)), small, t.withSign(large, x));
}

/** sinh x, within 4 ulp. */
function sinh(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const z = t.f('mul', x, x);
  const series = t.polynomial(z, [2.03721912945e-4, 8.33028376239e-3, 1.66667160211e-1]);
  const small = t.f('add', t.f('mul', t.f('mul', series, z), x), x);
  // e^(a/2) twice: e^a overflows before sinh a does.
  const e = t.call('exp', t.f('mul', a, t.c(0.5)));
  const half = t.f('mul', e, t.c(0.5));
  const large = t.f('sub', t.f('mul', half, e), t.f('div', t.f('div', t.c(0.5), e), e));
  return t.pick(t.f('lt', a, t.c(1)), small, t.withSign(large, x));
}

/** cosh x, within 4 ulp. */
function cosh(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const e = t.call('exp', t.f('mul', t.magnitude(x), t.c(0.5)));
  return t.f('add', t.f('mul', t.f('mul', e, t.c(0.5)), e), t.f('div', t.f('div', t.c(0.5), e), e));
}

/** arctan of 0 ≤ x ≤ 1. */
function arctangent(t: Terms, x: Node): Node {
  const isLarge = t.f('gt', x, t.c(0.4142135623730951));
  const moved = t.pick(isLarge, t.f('div', t.f('sub', x, t.c(1)), t.f('add', x, t.c(1))), x);
  const z = t.f('mul', moved, moved);
  const series = t.polynomial(z, [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1]);
  const value = t.f('add', t.f('mul', t.f('mul', series, z), moved), moved);
  return t.f('add', value, t.and(isLarge, t.c(Math.PI / 4)));
}

/** arctan x, within 3 ulp. */
function atan(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const isLarge = t.f('gt', a, t.c(1));
  const angle = arctangent(t, t.pick(isLarge, t.f('div', t.c(1), a), a));
  return t.withSign(t.pick(isLarge, t.f('sub', t.c(Math.PI / 2), angle), angle), x);
}

/** The angle of (x, y) with first argument y, as C has it at zeros and infinities; within 4 ulp. */
function atan2(g: Graph, y: Node, x: Node): Node {
  const t = new Terms(g);
  const [ax, ay] = [t.magnitude(x), t.magnitude(y)];
  const steep = t.f('gt', ay, ax);
  const [least, most] = [t.pick(steep, ax, ay), t.pick(steep, ay, ax)];
  const ratio = t.pick(t.f('eq', ax, ay), t.pick(t.f('eq', ax, t.c(0)), t.c(0), t.c(1)), t.f('div', least, most));
  const flat = arctangent(t, ratio);
  const upright = t.pick(steep, t.f('sub', t.c(Math.PI / 2), flat), flat);
  const isLeft = t.shift('shr_s', x, 31);
  const whole = t.pick(isLeft, t.f('sub', t.c(Math.PI), upright), upright);
  const noNumber = t.or(t.f('ne', x, x), t.f('ne', y, y));
  return t.pick(noNumber, t.word(0x7fc00000), t.withSign(whole, y));
}

/** arcsin of 0 ≤ x ≤ ½. */
function arcsine(t: Terms, x: Node, z: Node): Node {
  const series = t.polynomial(z, [4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1]);
  return t.f('add', t.f('mul', t.f('mul', series, z), x), x);
}

/** arcsin x, within 3 ulp; NaN beyond ±1. */
function asin(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const isLarge = t.f('gt', a, t.c(0.5));
  const z = t.pick(isLarge, t.f('mul', t.c(0.5), t.f('sub', t.c(1), a)), t.f('mul', a, a));
  const angle = arcsine(t, t.pick(isLarge, t.f('sqrt', z), a), z);
  return t.withSign(t.pick(isLarge, t.f('sub', t.c(Math.PI / 2), t.f('add', angle, angle)), angle), x);
}

/** arccos x, within 3 ulp but near its zero at 1; NaN beyond ±1. */
function acos(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const isLarge = t.f('gt', a, t.c(0.5));
  const z = t.pick(isLarge, t.f('mul', t.c(0.5), t.f('sub', t.c(1), a)), t.f('mul', a, a));
  const angle = arcsine(t, t.pick(isLarge, t.f('sqrt', z), a), z);
  const twice = t.f('add', angle, angle);
  const isLeft = t.f('lt', x, t.c(0));
  const outer = t.pick(isLeft, t.f('sub', t.c(Math.PI), twice), twice);
  const inner = t.f('sub', t.c(Math.PI / 2), t.withSign(angle, x));
  return t.pick(isLarge, outer, inner);
}

/** arsinh x, within 3 ulp. */
function asinh(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const z = t.f('mul', a, a);
  const series = t.polynomial(z, [2.0122003309e-2, -4.2699340972e-2, 7.4847586088e-2, -1.6666288134e-1]);
  const small = t.f('add', t.f('mul', t.f('mul', series, z), a), a);
  const isHuge = t.f('gt', a, t.c(1500));
  const argument = t.pick(isHuge, a, t.f('add', a, t.f('sqrt', t.f('add', z, t.c(1)))));
  const large = t.f('add', t.call('log', argument), t.and(isHuge, t.c(Math.LN2)));
  return t.withSign(t.pick(t.f('lt', a, t.c(0.5)), small, large), x);
}

/** arcosh x, within 4 ulp; NaN below 1. */
function acosh(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const z = t.f('sub', x, t.c(1));
  const series = t.polynomial(z, [1.7596881071e-3, -7.5272886713e-3, 2.6454905019e-2, -1.1784741703e-1, 1.4142135263]);
  const near = t.f('mul', series, t.f('sqrt', z));
  const isHuge = t.f('gt', x, t.c(1500));
  const root = t.f('sqrt', t.f('mul', z, t.f('add', x, t.c(1))));
  const argument = t.pick(isHuge, x, t.f('add', x, root));
  const far = t.f('add', t.call('log', argument), t.and(isHuge, t.c(Math.LN2)));
  return t.pick(t.f('lt', z, t.c(0.5)), near, far);
}

/** artanh x, within 3 ulp; ±∞ at ±1, NaN beyond. */
function atanh(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.magnitude(x);
  const z = t.f('mul', a, a);
  const series = t.polynomial(z, [1.81740078349e-1, 8.24370301058e-2, 1.4669143173e-1, 1.997821645e-1, 3.33337300303e-1]);
  const small = t.f('add', t.f('mul', t.f('mul', series, z), a), a);
  const large = t.f('mul', t.c(0.5), t.call('log', t.f('div', t.f('add', t.c(1), a), t.f('sub', t.c(1), a))));
  return t.withSign(t.pick(t.f('lt', a, t.c(0.5)), small, large), x);
}

/** The bits of the nearest f16 (ties to even) in each lane's low half (after Giesen, "Float->half variants", 2012). */
function packHalf(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.and(x, t.word(0x7fffffff));
  const subnormalMagic = t.word((127 - 15 + (23 - 10) + 1) << 23);
  const subnormal = t.i('sub', t.f('add', a, subnormalMagic), subnormalMagic);
  const odd = t.and(t.shift('shr_u', a, 13), t.word(1));
  const normal = t.shift('shr_u', t.i('add', t.i('add', a, t.word(((15 - 127) << 23) + 0xfff)), odd), 13);
  const finite = t.pick(t.i('lt_s', a, t.word(113 << 23)), subnormal, normal);
  const special = t.pick(t.i('gt_s', a, t.word(0x7f800000)), t.word(0x7e00), t.word(0x7c00));
  const bits = t.pick(t.i('ge_s', a, t.word((127 + 16) << 23)), special, finite);
  return t.or(bits, t.shift('shr_u', t.and(x, t.sign), 16));
}

/** The number whose f16 bits each lane's low half holds. */
function unpackHalf(g: Graph, x: Node): Node {
  const t = new Terms(g);
  const a = t.shift('shl', t.and(x, t.word(0x7fff)), 13);
  const exponent = t.and(a, t.word(0x7c00 << 13));
  const usual = t.i('add', a, t.word((127 - 15) << 23));
  const isSpecial = t.i('eq', exponent, t.word(0x7c00 << 13));
  const special = t.i('add', usual, t.word((128 - 16) << 23));
  const subnormal = t.f('sub', t.i('add', usual, t.word(1 << 23)), t.word(113 << 23));
  const value = t.pick(isSpecial, special, t.pick(t.i('eq', exponent, t.word(0)), subnormal, usual));
  return t.or(value, t.shift('shl', t.and(x, t.word(0x8000)), 16));
}

function quantizeToF16(g: Graph, x: Node): Node {
  const t = new Terms(g);
  return t.call('unpackHalf', t.call('packHalf', x));
}

export const FORMULAS: Readonly<Record<string, Formula | ((g: Graph, x: Node) => Node)>> = {
  exp,
  exp2,
  log,
  log2,
  pow,
  sin,
  cos,
  tan,
  tanh,
  sinh,
  cosh,
  asin,
  acos,
  atan,
  atan2,
  asinh,
  acosh,
  atanh,
  packHalf,
  unpackHalf,
  quantizeToF16,
};
