/** What lies outside the subset is named; and WebGPU's limits, which Dawn checks only when a pipeline is made. */
import { describe, expect, it } from 'vitest';
import { WgslError, WgslSubsetError } from '../../../../engine/wgsl/errors.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';

const main = (body: string) => `@compute @workgroup_size(1)\nfn main() {\n${body}\n}`;
const BUFFER = '@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n';

const OUTSIDE: readonly (readonly [construct: string, line: number, source: string])[] = [
  ['f16', 1, 'enable f16;'],
  ['f16', 3, main('var a: f16;')],
  ['f16', 3, main('let a = 1.5h;')],
  ['vec2h', 3, main('let a = vec2h();')],
  ['mat2x2f', 3, main('let a = mat2x2f();')],
  ['mat4x4', 1, '@group(0) @binding(0) var<uniform> m: mat4x4<f32>;'],
  ['atomic', 1, 'var<workgroup> count: atomic<u32>;'],
  ['texture_2d', 1, '@group(0) @binding(0) var image: texture_2d<f32>;'],
  ['sampler', 1, '@group(0) @binding(0) var s: sampler;'],
  ['textureLoad', 4, BUFFER + main('let a = textureLoad(y, vec2i(), 0);')],
  ['atomicAdd', 4, BUFFER + main('let a = atomicAdd(&y[0], 1);')],
  ['subgroupAdd', 4, `enable subgroups;\n${main('let a = subgroupAdd(1.0);')}`],
  ['modf', 3, main('let a = modf(1.5);')],
  ['frexp', 3, main('let a = frexp(1.5);')],
  ['transpose', 3, main('let a = transpose(1);')],
  ['dpdx', 3, main('let a = dpdx(1.0);')],
  ['discard', 3, main('discard;')],
  ['vertex', 1, '@vertex fn v() -> @builtin(position) vec4f { return vec4f(); }'],
  ['fragment', 1, '@fragment fn f() { }'],
  ['swizzle assignment', 3, main('var a = vec3f(); a.xy = vec2f();')],
  ['vertex_index', 1, '@compute @workgroup_size(1) fn main(@builtin(vertex_index) i: u32) {}'],
  ['large constant', 4, `const a = array(${'1, '.repeat(17000)});\n${main('let b = a;')}`],
];

describe('outside of the subset', () => {
  it.each(OUTSIDE)('%s is named', (construct, line, source) => {
    const error = errorOf(source);
    expect(error).toBeInstanceOf(WgslSubsetError);
    expect(error).toMatchObject({ construct, line, path: 'p.wgsl' });
  });

  it('what the module declares itself is not taken for it', () => {
    expect(() => parseModule(`fn sampler() {}\nconst f16 = 1;\n${main('sampler(); let a = f16 + 1;')}`, 'p.wgsl')).not.toThrow();
  });
});

describe('limits of WebGPU', () => {
  it.each([
    ['@compute @workgroup_size(257) fn main() {}', 1],
    ['@compute\n@workgroup_size(16, 16, 2) fn main() {}', 2],
    ['@compute @workgroup_size(1, 1, 65) fn main() {}', 1],
    [`var<workgroup> a: array<f32, 4097>;\n${main('a[0] = 1.0;')}`, 3],
    [`var<workgroup> a: array<f32, 4096>;\nvar<workgroup> b: u32;\nfn count() { b = 1; }\n${main('a[0] = 1.0; count();')}`, 5],
  ])('%s', (source, line) => {
    const error = errorOf(source);
    expect(error).toBeInstanceOf(WgslError);
    expect(error).not.toBeInstanceOf(WgslSubsetError);
    expect(error).toMatchObject({ line });
  });

  it('are reached', () => {
    const source = `var<workgroup> a: array<f32, 4096>;\n@compute @workgroup_size(2, 2, 64) fn main() { a[0] = 1.0; }`;
    expect(parseModule(source, 'p.wgsl').entries).toHaveLength(1);
  });
});

function errorOf(source: string): unknown {
  try {
    parseModule(source, 'p.wgsl');
  } catch (error) {
    return error;
  }
  return undefined;
}
