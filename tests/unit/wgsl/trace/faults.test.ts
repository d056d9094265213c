import { describe, expect, it } from 'vitest';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { FINDING_KINDS, trace } from '../../../../engine/wgsl/trace/index.ts';
import { CLEAN } from './clean-programs.ts';
import { FAULTY } from './faulty-programs.ts';
import type { TracedProgram } from './program.ts';

function run({ name, source, workgroups = [1, 1, 1], ...rest }: TracedProgram) {
  const budget = { perInvocation: 200_000, barriers: 1000 };
  return trace({ module: parseModule(source, `${name}.wgsl`), source, workgroups, budget, ...rest });
}

/** `kind line` of every line that is marked. */
function marks(source: string): string[] {
  return source.split('\n').flatMap((text, i) => {
    const kind = /\/\/ ([a-z-]+)$/.exec(text)?.[1];
    return kind === undefined ? [] : [`${kind} ${i + 1}`];
  });
}

describe('planted faults', () => {
  it.each(FAULTY)('$name', (program) => {
    const { findings } = run(program);
    const expected = marks(program.source);
    const hinted = expected.some((mark) => mark.startsWith('read-before-write'));
    const found = findings.filter(({ hint }) => hinted || !hint);
    expect(found.map(({ kind, line }) => `${kind} ${line}`).sort()).toEqual([...expected].sort());
    for (const words of program.says ?? []) expect(found[0]?.message).toContain(words);
    for (const { line, column, count, invocation } of found) {
      expect((program.source.split('\n')[line - 1] ?? '').length).toBeGreaterThanOrEqual(column);
      expect(count).toBeGreaterThan(0);
      expect(invocation).toHaveLength(3);
    }
  });

  it('cover every report', () => {
    const kinds = new Set(FAULTY.flatMap(({ source }) => marks(source)).map((mark) => mark.split(' ')[0]));
    expect([...kinds].sort()).toEqual([...FINDING_KINDS].sort());
  });
});

it('a race is not told as a hint too', () => {
  const program = FAULTY.find(({ name }) => name.startsWith('a tile read before it is full')) as TracedProgram;
  expect(run(program).findings.map(({ kind }) => kind)).toEqual(['race', 'race']);
});

describe('programs without faults', () => {
  it.each(CLEAN)('$name', (program) => {
    const { findings, buffers, finished } = run(program);
    expect(findings).toEqual([]);
    expect(finished).toBe(true);
    for (const [name, values] of Object.entries(program.gives ?? {})) {
      expect([...new Float32Array(buffers[name] ?? new ArrayBuffer(0))]).toEqual(values);
    }
  });

  it('leave what they are given unchanged', () => {
    const x = Float32Array.of(1, 2);
    const source = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(1) fn main() { x[1] = 5.0; }`;
    const { buffers } = trace({ module: parseModule(source, 'x.wgsl'), source, workgroups: [1, 1, 1], buffers: { x } });
    expect([...x]).toEqual([1, 2]);
    expect([...new Float32Array(buffers.x ?? new ArrayBuffer(0))]).toEqual([1, 5]);
  });
});

describe('one invocation', () => {
  it('lists what it reads and writes, in order, with values and lines', () => {
    const source = `@group(0) @binding(0) var<storage, read> x: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> tile: array<f32, 4>;
@compute @workgroup_size(2)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) i: u32) {
  tile[i] = x[id.x].y;
  workgroupBarrier();
  y[id.x] += tile[1u - i];
}`;
    const { accesses } = trace({
      module: parseModule(source, 'watch.wgsl'),
      source,
      workgroups: [2, 1, 1],
      buffers: { x: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), y: new Float32Array(4) },
      watch: [2, 0, 0],
    });
    expect(accesses.map(({ access, element, value, line }) => [access, element, value, line])).toEqual([
      ['read', 'x[2]', 6, 6],
      ['write', 'tile[0]', 6, 6],
      ['read', 'y[2]', 0, 8],
      ['read', 'tile[1]', 8, 8],
      ['write', 'y[2]', 8, 8],
    ]);
  });
});
