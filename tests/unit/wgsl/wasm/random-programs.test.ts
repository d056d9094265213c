/** Random programs of the subset and pointers: compiled to WebAssembly they compute what the tracer computes. */
import { describe, expect, it } from 'vitest';
import { type RandomModule, randomModules } from '../../../../engine/conformance/wgsl-programs.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { trace } from '../../../../engine/wgsl/trace/index.ts';
import { runWasm } from './run.ts';

const SEED = 11;
const COUNT = 300;

describe('random programs', () => {
  it('give the same compiled as traced, eager and recorded, and touch nothing but their buffers', () => {
    const modules = randomModules(SEED, COUNT, 2, false);
    const wrong = modules.flatMap((module, i) => {
      const differing = differences(module, i % 2 === 0);
      return differing.length > 0 ? [{ source: module.source, differing }] : [];
    });
    // One is enough to look at.
    expect(wrong.slice(0, 1)).toEqual([]);
    expect(modules.reduce((sum, { workgroups }) => sum + workgroups[0], 0)).toBe(COUNT);
  }, 300_000);
});

function differences({ source, workgroups, buffers, outputs }: RandomModule, recorded: boolean): string[] {
  const wanted = trace({ module: parseModule(source, 'random.wgsl'), source, workgroups, buffers }).buffers;
  const got = Object.fromEntries(Object.entries(buffers).map(([name, data]) => [name, data.slice()]));
  const intact = runWasm(source, { buffers: got, grid: workgroups, recorded });
  const values = outputs.flatMap(({ name, type, tolerance }) => {
    const view = (bytes: ArrayBuffer) => (type === 'u32' ? new Uint32Array(bytes) : new Float32Array(bytes));
    const a = view(wanted[name] as ArrayBuffer);
    const b = view((got[name] as (typeof buffers)[string]).buffer as ArrayBuffer);
    return [...a].flatMap((value, i) => {
      const other = b[i] as number;
      if (value === other || Math.abs(value - other) <= tolerance * (1 + Math.abs(value))) return [];
      return [`${name}[${i}]: ${value} in the tracer, ${other} compiled`];
    });
  });
  return intact ? values : [...values, 'wrote outside of the buffers'];
}

describe('a pointer', () => {
  const run = (body: string): number[] => {
    const y = Float32Array.of(2, 3, 5, 7);
    const source = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1) fn main() {\n${body}\n}`;
    expect(runWasm(source, { buffers: { y } })).toBe(true);
    return [...y];
  };

  it('named inside a loop changes what the loop carries', () => {
    expect(
      run(`var v = vec3f(y[0]);
  var i = 0;
  loop { let p = &v; *p = v + v; continuing { i += 1; break if i > 3; } }
  y[0] = v.x;`),
    ).toEqual([32, 3, 5, 7]);
    expect(
      run(`var t = array<f32, 2>(1.0, 1.0);
  for (var i = 0u; i < u32(y[3]); i++) { let p = &t; let q = &(*p)[i % 2u]; *q += y[0]; }
  y[1] = t[0]; y[2] = t[1];`),
    ).toEqual([2, 9, 7, 7]);
  });

  it('into a buffer makes it one that is written', () => {
    expect(run('for (var i = 0u; i < u32(y[3]); i++) { let p = &y[1]; *p = y[1] + y[0]; }')).toEqual([2, 17, 5, 7]);
  });

  it('may be discarded', () => {
    expect(run('_ = &y; let p = &y[0]; _ = p; *p = 1.0;')).toEqual([1, 3, 5, 7]);
  });
});
