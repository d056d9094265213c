import { describe, expect, it } from 'vitest';
import { compact } from '../../../shaders/build/compact.ts';
import { fourAtOnce, withConstants } from '../../../shaders/build/constants.ts';
import { reflectShader } from '../../../shaders/build/reflect.ts';
import { unroll } from '../../../shaders/build/unroll.ts';

const shader = reflectShader(
  `const ROWS = 8u;
const LANES = 1u;
alias Value = f32;
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;
@compute @workgroup_size(64) fn copy(@builtin(global_invocation_id) id: vec3u) {
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    if (id.x < params.count / LANES) {
      y[id.x + i] = x[id.x];
    }
  }
}
`,
  'a.wgsl',
);
const copies = (text: string) => text.match(/=\s*x\[id\.x\]/g)?.length;

describe('constants that a plan sets', () => {
  it('change the loops that are expanded, and the name under which devices keep the program', () => {
    const two = withConstants(shader, { ROWS: 2 });
    expect(copies(shader.unrolled)).toBe(8);
    expect(copies(two.unrolled)).toBe(2);
    expect(two.source).toContain('const ROWS = 2u;');
    expect(two.path).not.toBe(shader.path);
    expect(withConstants(shader, { ROWS: 2 })).toBe(two);
  });

  it('change the elements of the buffers with the type of an alias', () => {
    const four = fourAtOnce(shader);
    expect(shader.entryPoints.copy?.bindings.map(({ element }) => element)).toEqual(['u32', 'f32', 'f32']);
    expect(four.entryPoints.copy?.bindings.map(({ element }) => element)).toEqual(['u32', 'vec4f', 'vec4f']);
    expect(four.source).toContain('const LANES = 4u;\nalias Value = vec4f;');
  });

  it('are found in the text that a site ships, which has little white space', () => {
    const source = compact(shader.source);
    const shipped = { ...shader, path: 'shipped.wgsl', source, unrolled: unroll(source, 'shipped.wgsl') };
    expect(copies(withConstants(shipped, { ROWS: 2 }).unrolled)).toBe(2);
    const four = fourAtOnce(shipped);
    expect(four.entryPoints.copy?.bindings.map(({ element }) => element)).toEqual(['u32', 'vec4f', 'vec4f']);
    expect(four.source).toContain('alias Value = vec4f;');
  });

  it('must be declared', () => {
    expect(() => withConstants(shader, { COLUMNS: 2 })).toThrow("a.wgsl declares no 'const COLUMNS = …;'");
    expect(() => withConstants(shader, { Vector: 'vec4f' })).toThrow("a.wgsl declares no 'alias Vector = …;'");
  });
});
