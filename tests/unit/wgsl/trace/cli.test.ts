import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { repositoryRoot } from '../../../../apps/cli/root.ts';
import { main } from '../../../../apps/cli/wgsl.ts';
import { FAULTY } from './faulty-programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'chalkgrad-wgsl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((text) => void printed.push(`${text}`));
});
afterEach(() => vi.restoreAllMocks());

const file = (name: string, content: string | object): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
/** The exit code and everything printed. */
const run = async (...args: string[]) => ({ code: await main(args), text: printed.join('\n') });

const SCALE = `struct Params { factor: f32, offset: vec2f, n: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32, 2>;
override EXTRA: f32;
@compute @workgroup_size(2, 2)
fn scale(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 2u + id.x;
  if (i >= params.n) { return; }
  y[i] = params.factor * x[i] + params.offset.y + EXTRA;
  if (i == 0u) { counts[1] = groups.x * 10u + groups.y; }
}
@compute @workgroup_size(1)
fn other() { y[0] = 1.0; }
`;
const SCALE_JOB = {
  source: 'scale.wgsl',
  entry: 'scale',
  workgroups: [2, 1, 1],
  buffers: {
    x: { type: 'f32', data: [0, 1, 2, 3, 4, 5, 6] },
    y: { type: 'f32', length: 8 },
    counts: { type: 'u32', length: 2 },
  },
  uniform: { factor: 2, offset: [9, 0.5], n: 7 },
  overrides: { EXTRA: 10 },
  expect: { y: [10.5, 12.5, 14.5, 16.5, 18.5, 20.5, 22.5, 0], counts: [0, 21] },
};
file('scale.wgsl', SCALE);

describe('a job', () => {
  it('runs on the tracer and on WebGPU and is held against what it expects', async () => {
    const job = file('scale.json', SCALE_JOB);
    const { code, text } = await run(job, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(text);
    expect(result).toMatchObject({ device: 'trace', exitCode: 0, findings: [], verdict: { passed: true } });
    expect(result.buffers).toEqual(SCALE_JOB.expect);
    printed = [];
    const compiled = await run(job, '--device', 'wasm', '--json');
    expect(compiled.code).toBe(0);
    expect(JSON.parse(compiled.text)).toMatchObject({ device: 'wasm', verdict: { passed: true }, buffers: SCALE_JOB.expect });
    // WebGPU runs in a process of its own.
    const child = await launch(job, '--device', 'webgpu', '--json');
    expect(child.code).toBe(0);
    expect(JSON.parse(child.stdout).buffers).toEqual(SCALE_JOB.expect);
  });

  it('says where a value is wrong', async () => {
    const job = file('wrong.json', { ...SCALE_JOB, expect: { y: [10.5, 12.5, 14.5, 16.5, 18.6, 20.5, 22.5, 0] } });
    const { code, text } = await run(job);
    expect(code).toBe(1);
    expect(text).toContain('FAIL: y[4] is 18.5, expected 18.6');
  });

  it('finds what it says must be found, with line, column and invocation', async () => {
    const program = FAULTY[0] as (typeof FAULTY)[number];
    file('fault.wgsl', program.source);
    const buffers = { x: { type: 'f32', length: 8 }, y: { type: 'f32', length: 8 } };
    const job = { source: 'fault.wgsl', workgroups: [1, 1, 1], buffers };
    const found = await run(file('fault.json', { ...job, finding: { kind: 'out-of-bounds', line: 5 } }));
    expect(found.code).toBe(1);
    expect(found.text).toContain(`${join(folder, 'fault.wgsl')}:5:25: out-of-bounds: x[8], but x has 8 elements`);
    expect(found.text).toContain('PASS');
    printed = [];
    const other = await run(file('fault2.json', { ...job, finding: { kind: 'race', line: 5 } }), '--json');
    expect(other.code).toBe(1);
    expect(JSON.parse(other.text)).toMatchObject({
      verdict: { passed: false },
      findings: [{ kind: 'out-of-bounds', line: 5, column: 25, invocation: [7, 0, 0], count: 1 }],
    });
  });

  it('finds overrides by @id or name, several groups and several uniforms, the same on every device', async () => {
    file(
      'groups.wgsl',
      `struct Size { n: u32 }
struct Line { slope: f32, offset: f32 }
@id(7) override SCALE: f32 = 2.0;
@id(3) override NEGATE = false;
override WIDTH: u32;
@group(0) @binding(2) var<uniform> size: Size;
@group(1) @binding(2) var<uniform> line: Line;
@group(1) @binding(0) var<storage, read> b: array<f32>;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(1) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= size.n) { return; }
  let v = SCALE * a[id.x] + 100.0 * b[id.x] + line.slope * f32(id.x) + line.offset;
  y[id.x] = select(v, -v, NEGATE);
}`,
    );
    const job = file('groups.json', {
      source: 'groups.wgsl',
      buffers: { a: { type: 'f32', data: [1, 2, 3] }, b: { type: 'f32', data: [4, 5, 6] }, y: { type: 'f32', length: 3 } },
      uniform: { n: 3, slope: 0.5, offset: 0.25 },
      overrides: { 7: 3, NEGATE: true, WIDTH: 4 },
      expect: { y: [-403.25, -506.75, -610.25] },
    });
    for (const device of ['trace', 'wasm']) {
      printed = [];
      expect(await run(job, '--device', device)).toMatchObject({ code: 0, text: expect.stringContaining('PASS') });
    }
    expect(await launch(job, '--device', 'webgpu')).toMatchObject({ code: 0, stdout: expect.stringContaining('PASS') });
  });

  it('takes what Python writes: bare NaN and Infinity, null for nothing; remarks; and runs one workgroup where none is named', async () => {
    const source = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = -y[0]; }`;
    file('python.wgsl', source);
    const text = `{"source": "python.wgsl", "name": "NaN", "description": "a \\"NaN\\"", "entry": null, "finding": null, "tolerance": null,
      "buffers": {"y": {"type": "f32", "data": [-Infinity, NaN, 1]}}, "expect": {"y": [Infinity, NaN, 1]}}`;
    expect(await run(file('python.json', text))).toMatchObject({ code: 0, text: expect.stringContaining('PASS') });
  });

  it('hints do not change the exit code', async () => {
    const source = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() {
  var sum: f32;
  y[0] = sum;
}`;
    const { code, text } = await run(file('hint.wgsl', source), '--buffer', 'y=f32:ones:1');
    expect(code).toBe(0);
    expect(text).toContain('hint.wgsl:4:10: read-before-write (a hint)');
    expect(text).toContain('y: 1 f32\n  0');
  });
});

describe('a .wgsl file with arguments', () => {
  it('takes what the file includes, and names the line where a fault was written', async () => {
    const shared = file('shared.wgsl', 'fn beyond(i: u32) -> f32 {\n  return x[i + 1u];\n}\n');
    const head =
      '@group(0) @binding(0) var<storage, read> x: array<f32>;\n@group(0) @binding(1) var<storage, read_write> y: array<f32>;\n';
    const body = '// @include shared.wgsl\n@compute @workgroup_size(1) fn main() {\n  y[0] = beyond(0u);\n}\n';
    const buffers = ['--buffer', 'x=f32:ones:1', '--buffer', 'y=f32:zeros:1'];
    const { code, text } = await run(file('includes.wgsl', head + body), ...buffers);
    expect(code).toBe(1);
    expect(text).toContain(`${shared}:2:12: out-of-bounds: x[1], but x has 1 element`);
    printed = [];
    const wrong = await run(file('includes-wrong.wgsl', head + body.replace('0u', 'missing')), ...buffers);
    expect(wrong.code).toBe(2);
    expect(wrong.text).toContain('includes-wrong.wgsl:5:17: ');
    printed = [];
    const none = await run(file('includes-none.wgsl', '// @include none.wgsl\n'));
    expect(none.text).toContain('includes-none.wgsl:1: @include: no file ');
  });

  it('takes dispatch, buffers, uniform and overrides, and lists the accesses of an invocation', async () => {
    const args = ['--entry', 'scale', '--dispatch', '2,1,1', '--buffer', 'x=f32:range:7', '--buffer', 'y=f32:zeros:8'];
    const more = ['--buffer=counts=u32:0,0', '--uniform', 'factor=2', '--uniform', 'offset=[9,0.5]', '--uniform', 'n=7'];
    const { code, text } = await run(join(folder, 'scale.wgsl'), ...args, ...more, '--override', 'EXTRA=10', '--watch', '1,0,0');
    expect(code).toBe(0);
    expect(text).toContain('10.5, 12.5, 14.5, 16.5, 18.5, 20.5, 22.5, 0');
    expect(text).toContain('line 11: reads x[1] = 1');
    expect(text).toContain('line 11: writes y[1] ← 12.5');
  });
});

describe('a list of values', () => {
  it('may hold NaN and infinities', async () => {
    const source =
      '@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1) fn main() { y[3] = 1.0; }';
    const { code, text } = await run(file('values.wgsl', source), '--json', '--buffer', 'y=f32:NaN,Infinity,-Infinity,0');
    expect(code).toBe(0);
    expect(JSON.parse(text).buffers.y).toEqual(['NaN', 'Infinity', '-Infinity', 1]);
  });
});

describe('the worked examples of engine/wgsl/README.md', () => {
  const readme = readFileSync(join(repositoryRoot, 'engine/wgsl/README.md'), 'utf8');
  const example = /`node apps\/cli\/run\.mjs wgsl (\w+\.wgsl) ([^`]*)`\n\n```wgsl\n([\s\S]*?)```\n\n```\n([\s\S]*?)```/g;
  const examples = [...readme.matchAll(example)].map(([, name, args, source, output]) => ({ name, args, source, output }));

  it('are three', () => expect(examples).toHaveLength(3));

  it.each(examples)('$name prints what is written there', async ({ name = '', args = '', source = '', output = '' }) => {
    const { code, text } = await run(file(name, source), ...args.split(' '));
    expect(code).toBe(1);
    expect(text.replaceAll(`${folder}/`, '')).toBe(output.trimEnd());
  });
});

describe('bad input', () => {
  const job = (change: object) => ({ ...SCALE_JOB, ...change });
  const buffers = (change: object) => job({ buffers: { ...SCALE_JOB.buffers, ...change } });
  it.each([
    ['no JSON', '{ "source": ', 'is no JSON'],
    ['a list', '[]', 'a job is an object'],
    ['an unknown field', job({ buffer: {} }), "no field 'buffer'"],
    ['no program', job({ source: 'none.wgsl' }), 'none.wgsl does not exist'],
    ['an unknown entry point', job({ entry: 'scael' }), "no entry point 'scael'; it has scale, other"],
    ['several entry points', job({ entry: undefined }), 'several entry points (scale, other)'],
    ['an unknown buffer', buffers({ z: { type: 'f32', length: 1 } }), "no buffer 'z'; it has params, x, y, counts"],
    ['a missing buffer', job({ buffers: {} }), "buffer 'x' is not given"],
    [
      'a wrong type',
      buffers({ x: { type: 'u32', length: 7 } }),
      "'x' is given as u32, but the program declares it as array<f32>",
    ],
    ['an unknown type', buffers({ x: { type: 'f64', length: 7 } }), 'must be f32, i32 or u32, not "f64"'],
    ['no length', buffers({ x: { type: 'f32' } }), "needs 'data' or 'length'"],
    ['two lengths', buffers({ x: { type: 'f32', data: [1], length: 2 } }), "'data' has 1 elements, but 'length' is 2"],
    ['a word for a number', buffers({ x: { type: 'f32', data: [1, 'two'] } }), 'element 1: expected a number (f32), got "two"'],
    ['a fraction for an integer', buffers({ counts: { type: 'u32', data: [1, 0.5] } }), '0.5 is no u32'],
    ['too short a buffer', buffers({ counts: { type: 'u32', length: 1 } }), 'needs 8 bytes or more, in words of 4; it has 4'],
    ['a huge buffer', buffers({ x: { type: 'f32', length: 1e12 } }), 'the most is'],
    ['a missing field', job({ uniform: { factor: 1, n: 1 } }), "field 'offset' is not given"],
    ['an unknown field of the uniform', job({ uniform: { ...SCALE_JOB.uniform, m: 1 } }), "has no field 'm'"],
    ['a short vector', job({ uniform: { ...SCALE_JOB.uniform, offset: [1] } }), 'expected a list of 2 values, got 1'],
    ['an unknown override', job({ overrides: { EXTRA: 1, MORE: 2 } }), "no override 'MORE'; it has EXTRA"],
    ['a missing override', job({ overrides: {} }), "override 'EXTRA' has no initial value and is not given"],
    ['a negative dispatch', job({ workgroups: [-1, 1, 1] }), 'counts of workgroups'],
    ['a huge dispatch', job({ workgroups: [70000, 1, 1] }), 'from 0 to 65535'],
    ['a dispatch without an end', job({ workgroups: [65535, 65535, 65535] }), 'give fewer workgroups'],
    ['a field of neither uniform', job({ uniform: { ...SCALE_JOB.uniform, M: 1 } }), "uniform 'params' has no field 'M'"],
    ['an unknown expectation', job({ expect: { z: [1] } }), "'expect' names 'z'"],
    ['an expectation of another length', job({ expect: { y: [1] } }), "'expect' has 1 values of 'y', which has 8 elements"],
    ['an unknown kind', job({ finding: { kind: 'bug', line: 1 } }), "'finding' must have a kind"],
  ])('%s', async (name, content, message) => {
    const { code, text } = await run(file(`${name}.json`, content as string | object));
    expect(text).toContain(message);
    expect(code).toBe(2);
  });

  it.each([
    ['an unknown buffer', buffers({ z: { type: 'f32', length: 1 } }), "no buffer 'z'"],
    ['too short a buffer', buffers({ counts: { type: 'u32', length: 1 } }), 'needs 8 bytes or more'],
    ['an unknown override', job({ overrides: { EXTRA: 1, MORE: 2 } }), "no override 'MORE'"],
    ['a missing override', job({ overrides: {} }), "override 'EXTRA' has no initial value"],
    ['a huge dispatch', job({ workgroups: [1e30, 1, 1] }), 'from 0 to 65535'],
    ['a dispatch without an end', job({ workgroups: [65535, 65535, 65535] }), 'give fewer'],
  ])('%s on the processor', async (name, content, message) => {
    const { code, text } = await run(file(`${name} there.json`, content), '--device', 'wasm');
    expect(text).toContain(message);
    expect(code).toBe(2);
  });

  it.each([
    [['--device', 'cuda'], "there is no device 'cuda'"],
    [['--frob'], '--frob is no option'],
    [['-x'], '-x is no option'],
    [['--buffer', 'counts=u32:1,NaN'], 'NaN is no u32'],
    [['--buffer', 'y=f32:constructor:8'], 'expected zeros, ones, range, random or a list'],
    [['--buffer', 'y'], 'expected NAME=VALUE'],
    [['--dispatch', '1,b'], 'counts of workgroups'],
    [['--watch', '9,9,9'], 'the dispatch has no invocation (9, 9, 9)'],
  ])('%j', async (args, message) => {
    const { code, text } = await run(file('scale.json', SCALE_JOB), ...args);
    expect(text).toContain(message);
    expect(code).toBe(2);
  });

  it.each([0, 300])('an override that makes workgroups of %i', async (n) => {
    const source = 'override N: u32;\n@compute @workgroup_size(N) fn main() {}';
    for (const device of ['trace', 'wasm']) {
      printed = [];
      const { code, text } = await run(file('size.wgsl', source), '--override', `N=${n}`, '--device', device);
      expect(text).toContain(`is (${n}, 1, 1); it must hold 1 to 256 invocations`);
      expect(code).toBe(2);
    }
  });

  it('a program that does not compile, and one outside the subset', async () => {
    const head = '@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1) fn main() {\n';
    const wrong = await run(file('undeclared.wgsl', `${head}  y[0] = missing;\n}`), '--json');
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.text).error).toMatchObject({ kind: 'WgslError', line: 3, column: 10 });
    printed = [];
    const outside = await run(
      file('atomic.wgsl', 'var<workgroup> n: atomic<u32>;\n@compute @workgroup_size(1) fn main() {}'),
      '--json',
    );
    expect(outside.code).toBe(2);
    expect(JSON.parse(outside.text).error).toMatchObject({ kind: 'WgslSubsetError', line: 1, construct: 'atomic' });
  });

  it.each([
    ['an endless loop', 'var i = 0u; while (i < 10u) { y[0] += 1.0; }', 1],
    ['two hundred nested blocks', `${'{'.repeat(200)}${'}'.repeat(200)}`, 2],
    ['many brackets', `y[0] = ${'('.repeat(20000)}1.0${')'.repeat(20000)};`, 2],
    ['many statements', 'y[0] += 1.0; '.repeat(15000), 0],
    ['control characters', '\u0000\u0001\ud800', 2],
  ])('%s: an answer with a line, at once', async (name, body, expected) => {
    const source = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1) fn main() {\n${body}\n}`;
    const path = file(`${name}.wgsl`, source);
    const before = process.cpuUsage();
    const { code, text } = await run(path, '--buffer', 'y=f32:zeros:1');
    const { user } = process.cpuUsage(before);
    expect(code).toBe(expected);
    if (expected > 0) expect(text).toMatch(/\.wgsl:[13]:\d+: /);
    expect(user / 1e6).toBeLessThan(5);
  });
});

/** The command as a user starts it. */
function launch(...args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const all = [join(repositoryRoot, 'apps/cli/run.mjs'), 'wgsl', ...args];
    const child = execFile(process.execPath, all, (_error, stdout) => resolve({ code: child.exitCode ?? -1, stdout }));
  });
}
