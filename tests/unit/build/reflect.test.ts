import { describe, expect, it } from 'vitest';
import { reflectShader } from '../../../shaders/build/reflect.ts';
import { ShaderBuildError } from '../../../shaders/build/tokens.ts';

const HEAD = `struct Params { n: u32, scale: f32, origin: vec2i, tail: vec3<f32>, last: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> bins: array<atomic<u32>>;
override activation: u32 = 0;
fn value(i: u32) -> f32 { return x[i].x * params.scale; }
`;
const entry = (name: string, body: string, attributes = '@compute @workgroup_size(8, 4)') =>
  `${attributes}\nfn ${name}(@builtin(global_invocation_id) id: vec3u) { ${body} }\n`;

describe('reflectShader', () => {
  it('yields layout, entry points, the bindings each one reaches, and overrides', () => {
    const shader = reflectShader(
      HEAD +
        entry('forward', 'y[id.x] = value(id.x);') +
        entry('count', 'atomicAdd(&bins[0], 1u);', '@workgroup_size(64) @compute'),
      'shaders/a.wgsl',
    );
    expect(shader.params).toEqual({
      size: 32,
      fields: [
        { name: 'n', type: 'u32', offset: 0 },
        { name: 'scale', type: 'f32', offset: 4 },
        { name: 'origin', type: 'vec2i', offset: 8 },
        { name: 'tail', type: 'vec3f', offset: 16 },
        { name: 'last', type: 'u32', offset: 28 },
      ],
    });
    expect(shader.entryPoints.forward).toEqual({
      workgroupSize: [8, 4, 1],
      bindings: [
        { name: 'params', binding: 0, type: 'uniform', element: 'u32' },
        { name: 'x', binding: 1, type: 'read-only-storage', element: 'vec4f' },
        { name: 'y', binding: 2, type: 'storage', element: 'f32' },
      ],
    });
    expect(shader.entryPoints.count?.bindings).toEqual([{ name: 'bins', binding: 3, type: 'storage', element: 'u32' }]);
    expect(shader.entryPoints.count?.workgroupSize).toEqual([64, 1, 1]);
    expect(shader.overrides).toEqual([{ name: 'activation', type: 'u32' }]);
  });

  it('does not take a local or parameter for the buffer of the same name', () => {
    const uses = (body: string) =>
      reflectShader(HEAD + entry('main', body), 'a.wgsl').entryPoints.main?.bindings.map((binding) => binding.name);
    expect(uses('let x = id.x; y[x] = 1.0;')).toEqual(['y']);
    expect(uses('for (var x = 0u; x < 2u; x++) { y[x] = 1.0; }')).toEqual(['y']);
    expect(uses('for (var x = 0u; x < 2u; x++) { } y[0] = x[0].x;')).toEqual(['x', 'y']);
    expect(uses('{ let x = 1u; } y[0] = x[0].x;')).toEqual(['x', 'y']);
    expect(uses('let x = x[0].x; y[0] = x;')).toEqual(['x', 'y']);
    expect(uses('let p = &bins; let v = vec2f(1).x; atomicStore(&(*p)[0], u32(v));')).toEqual(['bins']);
    expect(uses('var<function> x: array<f32, 2>; y[0] = x[1];')).toEqual(['y']);
    expect(
      reflectShader(`${HEAD}fn g(x: u32) -> u32 { return x; }\n${entry('main', 'y[g(1u)] = 0.0;')}`, 'a.wgsl').entryPoints.main
        ?.bindings.length,
    ).toBe(1);
  });

  it('has no parameters without a uniform', () => {
    const shader = reflectShader(
      `@group(0) @binding(1) var<storage, read_write> y: array<u32>;\n${entry('main', 'y[0] = 1u;')}`,
      'a.wgsl',
    );
    expect(shader.params).toEqual({ size: 0, fields: [] });
  });

  const Y = '@group(0) @binding(1) var<storage, read_write> y: array<f32>;\n';
  const MAIN = entry('main', 'y[0] = 1.0;');
  it.each([
    ['a binding outside group 0', `\n@group(1) @binding(1) var<storage, read_write> y: array<f32>;\n${MAIN}`, 2, 'group 1'],
    ['two variables on a binding', `${Y}@group(0) @binding(1) var<storage, read> z: array<f32>;\n${MAIN}`, 2, 'share binding 1'],
    [
      'another name for the uniform',
      `struct Params { n: u32 }\n@group(0) @binding(0) var<uniform> p: Params;\n${Y}${MAIN}`,
      2,
      'params: Params',
    ],
    [
      'another name for the struct',
      `struct P { n: u32 }\n@group(0) @binding(0) var<uniform> params: P;\n${Y}${MAIN}`,
      2,
      'params: Params',
    ],
    ['no workgroup size', Y + entry('main', 'y[0] = 1.0;', '@compute'), 2, 'literal @workgroup_size'],
    ['a size that is an expression', Y + entry('main', 'y[0] = 1.0;', '@compute @workgroup_size(8 * 8)'), 2, 'only literals'],
    [
      'a size that is a name',
      `const W = 8;\n${Y}${entry('main', 'y[0] = 1.0;', '@compute @workgroup_size(W)')}`,
      3,
      'only literals',
    ],
    ['no entry point', `${Y}fn f() { y[0] = 1.0; }`, 1, 'no @compute entry point'],
    [
      'a struct in a buffer',
      `struct S { a: f32 }\n@group(0) @binding(1) var<storage, read_write> y: array<S>;\n${entry('main', 'y[0].a = 1.0;')}`,
      2,
      'holds S',
    ],
    [
      'a matrix parameter',
      `struct Params {\n m: mat2x2f }\n@group(0) @binding(0) var<uniform> params: Params;\n${Y}${entry('main', 'y[0] = params.m[0][0];')}`,
      2,
      'Params.m',
    ],
    ['a texture', `@group(0) @binding(2) var t: texture_2d<f32>;\n${Y}${MAIN}`, 1, 'only uniform and storage'],
    ['a syntax error', `${Y}fn g( {}\n${MAIN}`, 2, 'Expected'],
    ['an override without a type', `override k = 1;\n${Y}${MAIN}`, 1, 'written type'],
    [
      'nine storage buffers',
      `${Array.from({ length: 9 }, (_, i) => `@group(0) @binding(${i + 1}) var<storage, read_write> b${i}: array<f32>;`).join('\n')}\n${entry('main', Array.from({ length: 9 }, (_, i) => `b${i}[0] = 1.0;`).join(' '))}`,
      11,
      '9 storage buffers',
    ],
  ])('refuses %s', (_name, source, line, message) => {
    let error: unknown;
    try {
      reflectShader(source, 'shaders/a.wgsl');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ShaderBuildError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(`shaders/a.wgsl:${line}: `);
  });
});
