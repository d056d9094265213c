/** The typed form: what is folded, converted and resolved in it, and where its parts stand in the source. */
import { describe, expect, it } from 'vitest';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { locate } from '../../../../engine/wgsl/source.ts';
import type { Func, Module, Statement, Value } from '../../../../engine/wgsl/typed.ts';

const BUFFER = '@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n';
const parse = (source: string): Module => parseModule(source, 'p.wgsl');

/** The function of this name. */
function functionOf(module: Module, name: string): Func {
  return module.functions.find((func) => func.name === name) as Func;
}

/** The value that a function returns. */
function returned(expression: string, type = 'f32', before = ''): Value {
  const module = parse(`${BUFFER}${before}\nfn f(i: i32, u: u32, v: vec3f, x: f32) -> ${type} { return ${expression}; }`);
  const statement = functionOf(module, 'f').body.at(-1) as Extract<Statement, { kind: 'return' }>;
  return statement.value as Value;
}

describe('constant expressions', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['0.1', Math.fround(0.1)],
    ['0.1f + 0.2f', Math.fround(Math.fround(0.1) + Math.fround(0.2))],
    ['0x1.8p1', 3],
    ['1 << 5', 32],
    ['sqrt(2)', Math.fround(Math.SQRT2)],
    ['TWICE.y', 4],
    ['TABLE[1].x', 3],
    ['f32(0xffffffffu)', 4294967296],
  ])('%s is folded', (expression, value) => {
    const before = 'const TWICE = vec2(1, 2) * 2; const TABLE = array(vec2f(), vec2f(3));';
    expect(returned(expression, 'f32', before)).toMatchObject({ kind: 'literal', value, type: { scalar: 'f32' } });
  });

  it('wrap and truncate as at run time', () => {
    expect(returned('2147483647i + 1i', 'i32')).toMatchObject({ value: -2147483648 });
    expect(returned('0u - 1u', 'u32')).toMatchObject({ value: 4294967295 });
    expect(returned('-7 / 2', 'i32')).toMatchObject({ value: -3 });
    expect(returned('-7 % 2', 'i32')).toMatchObject({ value: -1 });
    expect(returned('u32(-2.5)', 'u32')).toMatchObject({ value: 0 });
  });

  it('overrides stay symbolic', () => {
    expect(returned('WIDTH * 2', 'u32', 'override WIDTH: u32 = 4;')).toMatchObject({
      kind: 'binary',
      left: { kind: 'override', override: 0 },
      right: { kind: 'literal', value: 2, type: { scalar: 'u32' } },
    });
  });

  it('an array of constants may be read at a running index', () => {
    const value = returned('TABLE[i]', 'f32', 'const TABLE = array(1, 2.5);');
    expect(value).toMatchObject({ kind: 'extractAt', operand: { kind: 'construct', type: { length: 2, stride: 4 } } });
  });
});

describe('conversions and loads', () => {
  it('are written out', () => {
    expect(returned('y[i]')).toMatchObject({ kind: 'load', place: { kind: 'element', base: { kind: 'global', global: 0 } } });
    expect(returned('f32(i)')).toMatchObject({ kind: 'convert', operand: { kind: 'local', local: 0 } });
    expect(returned('2 * v', 'vec3f')).toMatchObject({
      left: { kind: 'construct', parts: [{ value: 2, type: { scalar: 'f32' } }], type: { kind: 'vector' } },
    });
    expect(returned('u << 1', 'u32')).toMatchObject({ right: { value: 1, type: { scalar: 'u32' } } });
    expect(returned('v.zy', 'vec2f')).toMatchObject({ kind: 'swizzle', components: [2, 1] });
  });
});

describe('statements', () => {
  it('shadowed names are variables of their own', () => {
    const module = parse('fn f() -> i32 { let a = 1; { let a = 2u; } return a; }');
    expect(functionOf(module, 'f').locals.map(({ name, type }) => [name, type])).toMatchObject([
      ['a', { scalar: 'i32' }],
      ['a', { scalar: 'u32' }],
    ]);
  });

  it('marked loops are marked, and only those', () => {
    const loop = 'for (var k = 0u; k < 4u; k++) { y[k] = 0.0; }';
    const { body } = functionOf(
      parse(`${BUFFER}fn f() {\n// @unroll\n${loop}\n// other\n${loop}\n// @unrolled\n${loop}\n}`),
      'f',
    );
    expect(body.map((statement) => statement.kind === 'for' && statement.unroll)).toEqual([true, false, false]);
  });

  it('know the functions and variables that they reach through calls, callees first', () => {
    const module = parse(`${BUFFER}var<private> p: i32;\nfn a() { b(); }\nfn b() { c(); p = 1; }\nfn c() { y[0] = 1.0; }`);
    expect(module.functions.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    const a = functionOf(module, 'a');
    expect([...a.calls].sort()).toEqual([0, 1]);
    expect([...a.globals].sort()).toEqual([0, 1]);
  });

  it('a struct of built-in values is put together from one parameter each', () => {
    const struct = 'struct In { @builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u }';
    const module = parse(`${BUFFER}${struct}\n@compute @workgroup_size(4) fn main(in: In) { y[in.lane] = f32(in.group.x); }`);
    const main = functionOf(module, 'main');
    expect(main.parameters.map((index) => main.locals[index]?.builtin)).toEqual(['local_invocation_index', 'workgroup_id']);
    expect(main.body[0]).toMatchObject({ kind: 'let', value: { kind: 'construct', parts: [{ local: 0 }, { local: 1 }] } });
  });

  it('structs are laid out by the rules of the language', () => {
    const [struct] = parse(
      'struct S { a: f32, b: vec3f, c: f32, @align(32) d: vec2u, @size(20) e: i32, f: array<vec3f, 2> }',
    ).structs;
    expect(struct?.members.map(({ offset }) => offset)).toEqual([0, 16, 28, 32, 40, 64]);
    expect(struct).toMatchObject({ size: 96, align: 32 });
  });
});

describe('positions', () => {
  it('are those of the first character of an expression, in lines as WGSL breaks them', () => {
    const source = `${BUFFER}fn f(i: i32) -> f32 {\r\n  return 1.0 +\u2028 y[i] * 2.0;\r}`;
    const statement = functionOf(parse(source), 'f').body[0] as Extract<Statement, { kind: 'return' }>;
    const sum = statement.value as Extract<Value, { kind: 'binary' }>;
    expect(locate(source, statement.at)).toEqual({ line: 3, column: 3 });
    expect(locate(source, sum.at)).toEqual({ line: 3, column: 10 });
    expect(locate(source, sum.right.at)).toEqual({ line: 4, column: 2 });
    expect(locate(source, source.length - 1)).toEqual({ line: 5, column: 1 });
  });
});
