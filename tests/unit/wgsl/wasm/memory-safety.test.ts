import { describe, expect, it } from 'vitest';
import { runWasm } from './run.ts';

const head = `
struct Params { n: u32, by: i32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<vec4f>;
@group(0) @binding(4) var<storage, read> places: array<i32>;
`;

/** Kernels that index past the end, before the start, with huge numbers, with what they read, and in ways that fool a bound. */
const ADVERSARIES: Readonly<Record<string, string>> = {
  'one past the end': 'y[id.x + arrayLength(&y)] = 1.0;',
  'before the start': 'y[i32(id.x) - 70] = 2.0;',
  'a huge index': 'y[id.x * 1000000007u + 0xfffffff0u] = 3.0;',
  'an index that wraps around': 'z[id.x + 0xfffffffeu] = vec4f(4.0);',
  'an index read from a buffer': 'y[places[id.x % arrayLength(&places)]] = x[places[(id.x + 1u) % arrayLength(&places)]];',
  'a loop that runs past the end': 'for (var i = 0u; i < 1000u; i++) { y[i * 3u] = x[i + params.n]; }',
  'a loop that starts before the start': 'for (var i = -50; i < 50; i++) { y[i] = f32(i); }',
  'a loop with a stride that wraps': 'for (var i = 0u; i < 64u; i++) { y[i * 0x10000001u] = 5.0; }',
  'a loop from near the largest number':
    'for (var i = 0xffffff00u; i < 0xffffffe8u; i += 16u) { y[i] = 6.0; y[i + 512u] = 6.5; }',
  'a loop whose end the uniform gives': 'for (var i = params.n; i < 4000000u; i += 100000u) { z[i] = vec4f(x[i]); }',
  'a loop with a guard that protects nothing':
    'for (var i = 0u; i < 100u; i++) { if (i > 200u || id.x < 1000u) { y[i + 30u * id.x] = 7.0; } }',
  'a division that gives an index': 'y[4000000u / (id.x + params.n - params.n)] = 8.0;',
  'a float that becomes an index':
    'y[u32(x[id.x % arrayLength(&x)] * 1e9)] = 9.0; y[i32(x[id.x % arrayLength(&x)] * -1e9)] = 9.5;',
  'a component that does not exist': 'z[id.x % 4u][id.x] = 10.0; y[id.x % 8u] = z[0][u32(params.by)];',
  'an array of a function':
    'var a: array<f32, 8>; for (var i = 0u; i < 40u; i++) { a[i * id.x] = f32(i); } y[id.x % 8u] = a[id.x * 1000u];',
  'a conditional read of what lies beyond': 'if (id.x > 20u) { y[id.x - 21u] = x[id.x * id.x]; }',
  'a select whose other side lies beyond':
    'y[select(id.x, id.x + 100000u, id.x > 3u)] = select(0.0, x[id.x + 5000u], id.x < 7u);',
  'a negative step': 'for (var i = 60; i > -60; i--) { y[i] = 11.0; }',
};

describe('memory safety on WebAssembly', () => {
  it.each(Object.entries(ADVERSARIES))('%s leaves everything outside of the bindings intact', (_, body) => {
    const source = `${head}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (params.n == 99u) { y[0] = x[0] + z[0].x + f32(places[0]); }
  ${body}
}`;
    const results = [false, true].map((recorded) => {
      const buffers = {
        params: Int32Array.of(37, -3, 0, 0),
        x: Float32Array.from({ length: 64 }, (__, i) => i - 20),
        y: new Float32Array(64),
        z: new Float32Array(32),
        places: Int32Array.of(0, -1, 1 << 30, -(2 ** 31), 63, 64, 5, 123456),
      };
      const intact = runWasm(source, { buffers, grid: [3, 2, 1], recorded });
      return { intact, y: [...buffers.y], z: [...buffers.z] };
    });
    expect(results[0]?.intact).toBe(true);
    expect(results[1]?.intact).toBe(true);
    // What an index outside of a binding meets is the device's choice, but the same whatever is known when the kernel is compiled.
    expect(results[1]).toEqual(results[0]);
  });
});
