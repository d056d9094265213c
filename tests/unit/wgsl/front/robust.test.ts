/** Any text of any size gives a module or an error with a line, at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WgslError } from '../../../../engine/wgsl/errors.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';

const main = (body: string) => `@group(0) @binding(0) var<storage, read_write> y: array<f32>;\nfn main() {\n${body}\n}`;
const count = (n: number, part: (i: number) => string) => Array.from({ length: n }, (_, i) => part(i)).join('\n');
const N = 10_000;

const ABSURD: readonly (readonly [name: string, source: string])[] = [
  ['10 MB', 'x'.repeat(10_000_000)],
  ['parentheses', main(`let a = ${'('.repeat(N)}1${')'.repeat(N)};`)],
  ['parentheses that nothing closes', '('.repeat(150_000)],
  ['brackets', main(`let a = y${'[y'.repeat(N)}`)],
  ['blocks', main('{'.repeat(N) + '}'.repeat(N))],
  ['ifs', main('if true {'.repeat(N) + '}'.repeat(N))],
  ['else ifs', main(`if true {}${' else if true {}'.repeat(N)}`)],
  ['loops', main('loop { '.repeat(N))],
  ['signs', main(`let a = ${'- '.repeat(N)}1;`)],
  ['pointers', main(`let a = ${'*&'.repeat(N)}y;`)],
  ['a long sum', main(`let a = 1${' + 1'.repeat(N)};`)],
  ['a long chain of members', main(`let a = vec2f()${'.xy'.repeat(N)};`)],
  ['calls', main(`let a = ${'abs('.repeat(N)}1${')'.repeat(N)};`)],
  ['array types', main(`var a: ${'array<'.repeat(N)}i32${', 2>'.repeat(N)};`)],
  ['comparisons that could be template lists', main(`let a = ${'a<'.repeat(60_000)}1;`)],
  ['block comments', '/*'.repeat(90_000)],
  ['lines', `${'\n'.repeat(199_000)}x`],
  ['attributes', `${'@a '.repeat(N)}fn f() {}`],
  ['constants backwards', `${count(1000, (i) => `const a${i} = a${i + 1} + 1;`)}\nconst a1000 = 1;`],
  ['functions backwards', `${count(1000, (i) => `fn a${i}() { a${i + 1}(); }`)}\nfn a1000() {}`],
  ['functions in a circle', count(1000, (i) => `fn a${i}() { a${(i + 1) % 1000}(); }`)],
  [
    'functions that all use much',
    count(500, (i) => `var<private> g${i}: i32; fn a${i}() { g${i} = 1; ${i ? `a${i - 1}();` : ''} }`),
  ],
  ['calls that double', `${count(60, (i) => `fn a${i}() { a${i + 1}(); a${i + 1}(); }`)}\nfn a60() {}`],
  ['structs that double', `${count(900, (i) => `struct A${i} { a: A${i + 1}, b: A${i + 1} }`)}\nstruct A900 { a: i32 }`],
  [
    'zeros of structs that double',
    `${count(25, (i) => `struct A${i} { a: A${i + 1}, b: A${i + 1} }`)}\nstruct A25 { a: i32 }\n${main('let a = A0(); var b = a.a; const c = A0(); let d = c.b;')}`,
  ],
  [
    'arrays that double',
    `const a0 = array(1, 2);\n${count(28, (i) => `const a${i + 1} = array(a${i}, a${i});`)}\n${main('let c = a20;')}`,
  ],
  ['a large zero', main('let a = array<array<f32, 60000>, 6000>()[3][5];')],
  ['aliases of arrays', `${count(1000, (i) => `alias a${i} = array<a${i + 1}, 1>;`)}\nalias a1000 = i32;`],
  ['digits', main(`let a = ${'1'.repeat(190_000)};`)],
  ['hexadecimal digits', main(`let a = 0x${'f'.repeat(190_000)}.8p1;`)],
  ['an exponent', main(`let a = 0x1p${'1'.repeat(190_000)};`)],
  ['a name', `const ${'a'.repeat(190_000)} = b;`],
  ['parameters', `fn f(${count(15_000, (i) => `a${i}: i32,`)}) {}`],
  ['arguments', main(`let a = vec3f(${'1, '.repeat(N)});`)],
  ['cases', main(`switch 1 { default {} ${count(10_000, (i) => `case ${i} {}`)} }`)],
  ['locals', main(count(10_000, (i) => `let a${i} = ${i};`))],
  ['a null', 'fn f() {\0}'],
  ['half a character', 'fn \ud800() {}'],
  ['nothing', ''],
];

/** Whether the source gives a module or a good error. */
function answers(source: string): boolean {
  try {
    parseModule(source, 'p.wgsl');
    return true;
  } catch (error) {
    if (!(error instanceof WgslError)) throw error;
    const lines = source.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/).length;
    return error.line >= 1 && error.line <= lines && error.column >= 1 && error.message.length < 2000;
  }
}

describe('the front end', () => {
  it.each(ABSURD)('answers to absurd code: %s', (_, source) => {
    // Of this process: whatever else the machine does must not count.
    const start = process.cpuUsage();
    expect(answers(source)).toBe(true);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  it('answers to random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), answers), { numRuns: 500, seed: 1 });
  });

  it('answers to random words of the language', () => {
    const words =
      'fn main ( ) { } [ ] < > , ; : = + - * / % & | ^ ! ~ @ . -> << >> == != <= >= && || ++ -- += let var const override struct alias if else for while loop continuing break continue return switch case default true false 1 2u 3i 4.5 0x1p3 a b vec3f vec3 array i32 f32 ptr function storage read_write compute workgroup_size group binding y max select // /* */ _ \n'.split(
        ' ',
      );
    const text = fc.array(fc.constantFrom(...words), { maxLength: 120 }).map((parts) => parts.join(' '));
    fc.assert(fc.property(text, answers), { numRuns: 1000, seed: 2 });
    fc.assert(
      fc.property(text, (body) => answers(main(body))),
      { numRuns: 1000, seed: 3 },
    );
  });

  it('answers to programs with a piece missing, doubled or from elsewhere', () => {
    const source = main('var a = array(vec2(1, 2), vec2f(3)); for (var k = 0u; k < 2u; k++) { y[k] += a[k].x * f32(k) / 2.0; }');
    const place = fc.nat({ max: source.length });
    fc.assert(
      fc.property(place, place, place, (from, to, into) => {
        const [start, end] = [Math.min(from, to), Math.max(from, to)];
        const without = source.slice(0, start) + source.slice(end);
        return answers(without) && answers(without.slice(0, into) + source.slice(start, end) + without.slice(into));
      }),
      { numRuns: 1000, seed: 4 },
    );
  });
});
