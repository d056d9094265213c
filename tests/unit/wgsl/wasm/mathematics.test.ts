import { describe, expect, it } from 'vitest';
import { runWasm } from './run.ts';

const bits = new DataView(new ArrayBuffer(4));
const floatOf = (word: number): number => {
  bits.setUint32(0, word);
  return bits.getFloat32(0);
};

/** Distance between neighbouring floats at the size of `x`. */
function ulp(x: number): number {
  const magnitude = Math.max(Math.abs(x), 2 ** -126);
  return 2 ** (Math.floor(Math.log2(magnitude)) - 23);
}

/** f32 values from `low` to `high`: evenly over their bit patterns, so that every size of number is there. */
function sample(low: number, high: number, count: number): Float32Array {
  const order = (x: number): number => {
    bits.setFloat32(0, x);
    const word = bits.getUint32(0);
    return word & 0x80000000 ? -(word & 0x7fffffff) : word;
  };
  const [first, last] = [order(Math.fround(low)), order(Math.fround(high))];
  return Float32Array.from({ length: count }, (_, i) => {
    const at = Math.round(first + ((last - first) * i) / (count - 1));
    return at < 0 ? -floatOf(-at) : floatOf(at);
  });
}

const source = (call: string) => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x4: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read> b4: array<vec4f>;
fn f(x: f32, b: f32) -> f32 { return ${call}; }
fn f4(x: vec4f, b: vec4f) -> vec4f { return ${call}; }
@compute @workgroup_size(64) fn one(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&x)) { y[id.x] = f(x[id.x], b[id.x]); }
}
@compute @workgroup_size(64) fn four(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&x4)) { y4[id.x] = f4(x4[id.x], b4[id.x]); }
}
`;

/** Results of the scalar and of the vector function, which must have equal bits. */
function evaluate(call: string, x: Float32Array, b: Float32Array = new Float32Array(x.length)): Float32Array {
  const y = new Float32Array(x.length);
  const y4 = new Float32Array(x.length);
  runWasm(source(call), { entry: 'one', buffers: { x, b, y }, grid: [Math.ceil(x.length / 64), 1, 1] });
  runWasm(source(call), { entry: 'four', buffers: { x4: x, b4: b, y4 }, grid: [Math.ceil(x.length / 256), 1, 1] });
  expect([...y4].map((v) => (Number.isNaN(v) ? 'NaN' : Object.is(v, -0) ? '-0' : v))).toEqual(
    [...y].map((v) => (Number.isNaN(v) ? 'NaN' : Object.is(v, -0) ? '-0' : v)),
  );
  return y;
}

/** The largest error in ulp of the exact result; `floor`: errors below it do not count. */
function worst(got: Float32Array, x: Float32Array, f: (x: number, i: number) => number, floor = 0): number {
  let most = 0;
  got.forEach((value, i) => {
    const exact = f(x[i] as number, i);
    if (Number.isNaN(exact)) {
      expect(value, `at ${x[i]}`).toBeNaN();
      return;
    }
    const rounded = Math.fround(exact);
    if (!Number.isFinite(rounded)) {
      expect(value, `at ${x[i]}`).toBe(rounded);
      return;
    }
    const error = Math.abs(value - exact);
    if (error > floor) most = Math.max(most, error / ulp(exact));
  });
  return most;
}

const COUNT = 8192;
const SPECIAL = [
  0,
  -0,
  1,
  -1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  1e-45,
  -1e-45,
  2 ** -126,
  3.4028234663852886e38,
];

describe('mathematics on WebAssembly', () => {
  // Bounds as engine/wgsl/wasm/formulas.ts states them.
  it.each([
    ['exp', Math.exp, -110, 95, 1.5, 0],
    ['exp2', (v: number) => 2 ** v, -155, 130, 1.5, 0],
    ['log', Math.log, 1e-45, 3.4e38, 1.5, 0],
    ['log2', Math.log2, 1e-45, 3.4e38, 2, 1e-8],
    ['tanh', Math.tanh, -100, 100, 2.5, 0],
    ['sinh', Math.sinh, -95, 95, 4, 0],
    ['cosh', Math.cosh, -95, 95, 4, 0],
    ['sin', Math.sin, -4e8, 4e8, 1.5, 1e-7],
    ['cos', Math.cos, -4e8, 4e8, 1.5, 1e-7],
    ['tan', Math.tan, -4e8, 4e8, 4, 1e-7],
    ['atan', Math.atan, -3.4e38, 3.4e38, 3, 0],
    ['asin', Math.asin, -1, 1, 3, 0],
    ['acos', Math.acos, -1, 1, 3, 1e-7],
    ['asinh', Math.asinh, -3.4e38, 3.4e38, 3, 0],
    ['acosh', Math.acosh, 1, 3.4e38, 4, 0],
    ['atanh', Math.atanh, -1, 1, 3, 0],
  ] as const)('%s stays within its bound over its domain', (name, exact, low, high, bound, floor) => {
    const x = Float32Array.from([...sample(low, high, COUNT - 12), ...SPECIAL, 0.5]);
    const limited = name === 'sin' || name === 'cos' || name === 'tan';
    const finite = limited ? x.map((v) => (Math.abs(v) > 4e8 ? 1 : v)) : x;
    expect(worst(evaluate(`${name}(x)`, finite), finite, exact, floor)).toBeLessThanOrEqual(bound);
  });

  it('pow stays within 1 ulp for positive bases, and knows zeros and infinities', () => {
    const x = sample(1e-30, 1e30, COUNT);
    const b = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i * 1.3) * 4 ** (i % 4));
    expect(worst(evaluate('pow(x, b)', x, b), x, (v, i) => v ** (b[i] as number))).toBeLessThanOrEqual(1);
    const ends = Float32Array.of(0, 0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 2, -2);
    const by = Float32Array.of(2, -2, 0, 2, -2, 2, Number.NaN, 2);
    expect([...evaluate('pow(x, b)', ends, by)]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
      1,
      Number.POSITIVE_INFINITY,
      0,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('atan2 stays within 4 ulp in every quadrant, zeros and infinities included', () => {
    const y = Float32Array.from([...sample(-1e20, 1e20, COUNT - 8), 0, -0, 0, -0, 1, -1, Number.POSITIVE_INFINITY, 0]);
    const b = Float32Array.from([
      ...Array.from({ length: COUNT - 8 }, (_, i) => Math.cos(i * 0.7) * 10 ** ((i % 21) - 10)),
      1,
      1,
      -1,
      -1,
      0,
      0,
      Number.POSITIVE_INFINITY,
      0,
    ]);
    expect(worst(evaluate('atan2(x, b)', y, b), y, (v, i) => Math.atan2(v, b[i] as number))).toBeLessThanOrEqual(4);
  });

  it('fits the reference in few-instruction functions', () => {
    const x = Float32Array.from([...sample(-1e6, 1e6, COUNT - 8), 0.5, 1.5, 2.5, -0.5, -1.5, -0, 0, 3]);
    for (const [call, exact] of [
      ['round(x)', (v: number) => (Math.abs(v - Math.trunc(v)) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v))],
      ['floor(x)', Math.floor],
      ['ceil(x)', Math.ceil],
      ['trunc(x)', Math.trunc],
      ['sign(x)', Math.sign],
      ['abs(x)', Math.abs],
      ['saturate(x)', (v: number) => Math.min(Math.max(v, 0), 1)],
    ] as const) {
      expect(worst(evaluate(call, x), x, exact), call).toBe(0);
    }
  });
});
