import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job, JobBuffer } from '../../../../apps/cli/wgsl/job.ts';
import { dispatchOn } from '../../../../apps/cli/wgsl/webgpu.ts';
import { openAdapter } from '../../../../engine/device/webgpu/adapter.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { entryOf, trace } from '../../../../engine/wgsl/trace/index.ts';

let device: GPUDevice;
beforeAll(async () => {
  ({ device } = await openAdapter());
});
afterAll(() => device?.destroy());

const I = Int32Array.of(0, 1, -1, 2, -7, 31, 32, 33, 1000003, -2147483648, 2147483647, 65535, -65536, 12345678);
const F = Float32Array.of(
  ...[0, -0, 1, -1, 0.5, 1.5, 2.5, -2.5, 0.1, 3.14159274, 1e-3, 123456.789, -98765.4, 16777217],
  ...[2147483520, 2147483648, 4294967040, 5e9, -3e9, -0.75, 1e20],
);

/** Expressions of a and b (i32), of u and v (their bits as u32), of f and g (f32). */
const INTEGERS = [
  ...['a + b', 'a - b', 'a * b', 'a & b', 'a | b', 'a ^ b', '~a', '-a', 'a << (u & 31u)', 'a >> (v & 31u)', 'a << v', 'a >> v'],
  ...[
    'a / select(b, 3, b == 0)',
    'a % select(b, 3, b == 0)',
    'abs(a)',
    'min(a, b)',
    'max(a, b)',
    'clamp(a, -5, 1000)',
    'sign(a)',
  ],
  ...['countOneBits(a)', 'countLeadingZeros(a)', 'countTrailingZeros(a)', 'firstLeadingBit(a)', 'firstTrailingBit(a)'],
  ...[
    'reverseBits(a)',
    'extractBits(a, 3u, 7u)',
    'extractBits(a, u & 63u, v & 63u)',
    'insertBits(a, b, 5u, 9u)',
    'i32(a < b)',
    'i32(a)',
  ],
  ...[
    'dot(vec3i(a, b, 1), vec3i(b, a, 2))',
    'select(a, b, a > b)',
    'i32(bool(a) && bool(b))',
    'i32(all(vec2<bool>(a > 0, b > 0)))',
  ],
];
const UNSIGNED = [
  ...['u + v', 'u - v', 'u * v', 'u & v', '~u', 'u << (v & 31u)', 'u >> (v & 31u)', 'u >> v', 'u / max(v, 1u)'],
  ...['u % max(v, 1u)', 'min(u, v)', 'max(u, v)', 'clamp(u, 5u, 1000u)', 'countOneBits(u)', 'firstLeadingBit(u)'],
  ...[
    'reverseBits(u)',
    'extractBits(u, 3u, 7u)',
    'insertBits(u, v, v & 63u, u & 63u)',
    'u32(u < v)',
    'u32(f)',
    'bitcast<u32>(i32(f))',
    'u32(f < g)',
  ],
  ...[
    'pack4x8unorm(vec4f(f, g, 0.31, 0.72))',
    'pack2x16snorm(vec2f(f, g))',
    'dot4U8Packed(u, v)',
    'bitcast<u32>(f32(u))',
    'bitcast<u32>(f32(a))',
  ],
];
const FLOATS = [
  ...[
    'f + g',
    'f - g',
    'f * g',
    'f / select(g, 3.0, g == 0.0)',
    '-f',
    'abs(f)',
    'floor(f)',
    'ceil(f)',
    'round(f)',
    'trunc(f)',
    'fract(f)',
  ],
  ...['min(f, g)', 'max(f, g)', 'clamp(f, -1.0, 1.0)', 'saturate(f)', 'sign(f)', 'step(f, g)', 'smoothstep(-1.0, 2.0, f)'],
  ...[
    'mix(f, 2.0, 0.25)',
    'fma(f, 2.0, g)',
    'sqrt(abs(f))',
    'inverseSqrt(abs(f) + 1.0)',
    'exp(clamp(f, -10.0, 10.0))',
    'exp2(clamp(f, -10.0, 10.0))',
  ],
  ...[
    'log(abs(f) + 0.5)',
    'log2(abs(f) + 0.5)',
    'pow(abs(f) + 0.5, clamp(g, -2.0, 2.0))',
    'sin(clamp(f, -3.0, 3.0))',
    'cos(clamp(f, -3.0, 3.0))',
  ],
  ...[
    'tanh(clamp(f, -8.0, 8.0))',
    'atan2(f + 0.3, g + 0.3)',
    'length(vec2f(clamp(f, -9.0, 9.0), 1.0))',
    'dot(vec3f(f, 1.0, 2.0), vec3f(1.0, 0.5, 4.0))',
  ],
  ...[
    'distance(vec2f(f, 1.0), vec2f(1.0, g))',
    'normalize(vec3f(clamp(f, -9.0, 9.0), 1.0, 2.0)).y',
    'cross(vec3f(f, 1.0, 2.0), vec3f(0.0, 1.0, 3.0)).x',
  ],
  ...[
    'reflect(vec2f(f, 1.0), vec2f(0.6, 0.8)).x',
    'degrees(f)',
    'radians(f)',
    'f32(u)',
    'f32(a)',
    'unpack4x8snorm(u).z',
    'unpack2x16unorm(u).y',
  ],
  ...['quantizeToF16(clamp(f, -60000.0, 60000.0))', 'vec4f(f, g, 1.0, 2.0).wzyx.z', 'select(f, g, f > g)', 'f % 3.0'],
];

function program(type: string, expressions: readonly string[]): string {
  const lines = expressions.map((expression, k) => `  y[i * ${expressions.length}u + ${k}u] = ${expression};`);
  return `@group(0) @binding(0) var<storage, read> ints: array<i32>;
@group(0) @binding(1) var<storage, read> floats: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<${type}>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x + id.x;
  let a = ints[id.x % arrayLength(&ints)];
  let b = ints[id.y % arrayLength(&ints)];
  let u = bitcast<u32>(a);
  let v = bitcast<u32>(b);
  let f = floats[id.x];
  let g = floats[id.y];
${lines.join('\n')}
}`;
}

it.each([
  ['i32', INTEGERS],
  ['u32', UNSIGNED],
  ['f32', FLOATS],
] as const)('%s: every operation gives what Dawn gives, at the edges of its type', async (type, expressions) => {
  const source = program(type, expressions);
  const n = F.length;
  const data = { i32: Int32Array, u32: Uint32Array, f32: Float32Array };
  const y = new data[type](n * n * expressions.length);
  const buffers: Record<string, JobBuffer> = {
    ints: { type: 'i32', data: I },
    floats: { type: 'f32', data: F },
    y: { type, data: y },
  };
  const module = parseModule(source, `${type}.wgsl`);
  const workgroups = [n, n, 1] as const;
  const job: Job = {
    ...{ path: `${type}.wgsl`, source, entry: 'main', workgroups, buffers, uniform: undefined, overrides: {} },
    ...{ expect: undefined, tolerance: 0, finding: undefined },
  };
  const traced = trace({ module, source, workgroups, buffers: { ints: I, floats: F, y } });
  expect(traced.findings).toEqual([]);
  const got = new data[type]((await dispatchOn(device, { job, module, entry: entryOf(module, 'main') })).y as ArrayBuffer);
  const own = new data[type](traced.buffers.y as ArrayBuffer);
  const wrong = new Map<string, string>();
  own.forEach((value, at) => {
    const expression = expressions[at % expressions.length] as string;
    const cell = Math.floor(at / expressions.length);
    const dawn = got[at] as number;
    if (value === dawn || (Number.isNaN(value) && Number.isNaN(dawn))) return;
    // WGSL allows sine and cosine an absolute error of 2⁻¹¹; the others stay far below 2e-5 for these arguments.
    const error = /^(?:sin|cos)\(/.test(expression) ? 2 ** -11 : 2e-5 * Math.max(1, Math.abs(dawn));
    if (type === 'f32' && Math.abs(value - dawn) <= error) return;
    const inputs = `a = ${I[(cell % n) % I.length]}, b = ${I[Math.floor(cell / n) % I.length]}, f = ${F[cell % n]}, g = ${F[Math.floor(cell / n)]}`;
    wrong.set(expression, `${value} here, ${dawn} on WebGPU, for ${inputs}`);
  });
  expect(Object.fromEntries(wrong)).toEqual({});
});
