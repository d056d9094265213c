/**
 * Random programs of the WGSL subset, many in a module, whose results any two implementations must agree on: the test of tracer and
 * WebAssembly device against Dawn.
 *
 * A module runs one program in each workgroup; its invocations read the inputs `ints` and `floats`, keep a record each in `records`,
 * and write what became of their variables: `words` and `numbers` are exact, `approximations` within WGSL's stated error.
 */
import {
  approximate,
  expression,
  index,
  literal,
  PRELUDE,
  randomType,
  type Scope,
  typeText,
  type ValueType,
  type Variable,
} from './wgsl-expressions.ts';
import { Chance } from './wgsl-random.ts';

export interface RandomModule {
  readonly source: string;
  readonly entry: 'main';
  readonly workgroups: readonly [number, 1, 1];
  readonly buffers: Readonly<Record<string, Int32Array | Uint32Array | Float32Array>>;
  /** Buffers to compare, and how: equal, or |a - b| ≤ tolerance · (1 + |b|). Zeros are equal whatever their sign. */
  readonly outputs: readonly { readonly name: string; readonly type: 'u32' | 'f32'; readonly tolerance: number }[];
}

/** Invocations of a workgroup. */
const LANES = 4;
const WORDS = 8;
const NUMBERS = 4;
const INPUTS = 32;
/** Words of a `Record` as it is laid out. */
const RECORD_WORDS = 16;

const I32: ValueType = { scalar: 'i32', size: 1 };
const U32: ValueType = { scalar: 'u32', size: 1 };
const F32: ValueType = { scalar: 'f32', size: 1 };
const BOOL: ValueType = { scalar: 'bool', size: 1 };

const DECLARATIONS = `struct Record {
  count: u32,
  place: vec3f,
  signs: vec2i,
  table: array<i32, 4>,
}

@group(0) @binding(0) var<storage, read> ints: array<i32>;
@group(0) @binding(1) var<storage, read> floats: array<f32>;
@group(0) @binding(2) var<storage, read_write> records: array<Record>;
@group(0) @binding(3) var<storage, read_write> words: array<u32>;
@group(0) @binding(4) var<storage, read_write> numbers: array<f32>;
@group(0) @binding(5) var<storage, read_write> approximations: array<f32>;

var<private> counter: i32 = 7;
var<private> heap: array<u32, 8>;
var<workgroup> exchange: array<i32, ${LANES}>;
`;

/**
 * @param count programs, in modules of `perModule`
 * @param barriers whether programs exchange values within their workgroup
 */
export function randomModules(seed: number, count: number, perModule = 50, barriers = true): RandomModule[] {
  return Array.from({ length: Math.ceil(count / perModule) }, (_, i) => {
    const programs = Math.min(perModule, count - i * perModule);
    return randomModule(new Chance(Math.imul(seed, 7919) + i), programs, barriers);
  });
}

function randomModule(chance: Chance, programs: number, barriers: boolean): RandomModule {
  const texts = Array.from({ length: programs }, (_, i) => new Program(chance, `p${i}`, barriers).text());
  const cases = texts.map((_, i) => `    case ${i}: { p${i}(slot, lane); }\n`).join('');
  const source = `${DECLARATIONS}
${PRELUDE}
${texts.join('\n')}
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Every buffer belongs to the layout of the pipeline, whatever the programs use.
  ${['ints', 'floats', 'records', 'words', 'numbers', 'approximations'].map((name) => `_ = &${name};`).join(' ')}
  let slot = group.x * ${LANES}u + lane;
  switch i32(group.x) {
${cases}    default: { }
  }
}
`;
  const slots = programs * LANES;
  const extremes = [0, 1, -1, 2, -2, 2147483647, -2147483648, 255, -256, 65536];
  return {
    source,
    entry: 'main',
    workgroups: [programs, 1, 1],
    buffers: {
      ints: Int32Array.from({ length: INPUTS }, () =>
        chance.of(0.4) ? chance.pick(extremes) : (chance.next() * 4294967296) | 0,
      ),
      floats: Float32Array.from({ length: INPUTS }, () => (chance.below(513) - 256) / 4),
      records: new Uint32Array(slots * RECORD_WORDS),
      words: new Uint32Array(slots * WORDS),
      numbers: new Float32Array(slots * NUMBERS),
      approximations: new Float32Array(slots),
    },
    outputs: [
      { name: 'records', type: 'u32', tolerance: 0 },
      { name: 'words', type: 'u32', tolerance: 0 },
      { name: 'numbers', type: 'f32', tolerance: 0 },
      { name: 'approximations', type: 'f32', tolerance: 2e-3 },
    ],
  };
}

interface Helper {
  readonly name: string;
  readonly parameters: readonly { readonly type: ValueType; readonly pointer: boolean }[];
  readonly returns: ValueType;
}

class Program implements Scope {
  readonly chance: Chance;
  readonly #name: string;
  readonly #barriers: boolean;
  #lines: string[] = [];
  #variables: Variable[] = [];
  readonly #helpers: Helper[] = [];
  #names = 0;
  /** Loops around the statement at hand; a program must end soon. */
  #loops = 0;
  /** The helper at hand has no storage of its own to write to. */
  #inHelper = false;

  constructor(chance: Chance, name: string, barriers: boolean) {
    this.chance = chance;
    this.#name = name;
    this.#barriers = barriers;
  }

  get variables(): readonly Variable[] {
    return this.#variables;
  }

  text(): string {
    const helpers = Array.from({ length: this.chance.pick([0, 0, 0, 1, 1, 2]) }, () => this.#helper());
    this.#variables = [
      { name: 'lane', type: U32, mutable: false, pointer: false },
      { name: 'counter', type: I32, mutable: true, pointer: false },
    ];
    this.#lines = [];
    for (let i = 0; i < 3; i++) this.#declare('  ', 1);
    const statements = 1 + this.chance.below(3);
    for (let i = 0; i < statements; i++) this.#statement(this.chance.of(0.3) ? 2 : 1, '  ');
    if (this.#barriers && this.chance.of(0.2)) this.#exchange();
    this.#results();
    return `${helpers.join('')}fn ${this.#name}(slot: u32, lane: u32) {\n${this.#lines.join('\n')}\n}\n`;
  }

  /** A call of a helper of this type. */
  call(type: ValueType, depth: number): string | undefined {
    const fitting = this.#helpers.filter(({ returns }) => returns.scalar === type.scalar && returns.size === type.size);
    if (fitting.length === 0 || this.#loops > 1) return undefined;
    const { name, parameters } = this.chance.pick(fitting);
    const args: string[] = [];
    const used = new Set<string>();
    for (const { type: own, pointer } of parameters) {
      if (!pointer) args.push(expression(this, own, Math.min(depth, 1)));
      else {
        // No two pointers to one variable, and none to what the helper may use itself.
        const target = this.#variables.find(
          (v) =>
            v.mutable &&
            !v.pointer &&
            v.name !== 'counter' &&
            !used.has(v.name) &&
            v.type.scalar === own.scalar &&
            v.type.size === own.size,
        );
        if (!target) return undefined;
        used.add(target.name);
        args.push(`&${target.name}`);
      }
    }
    return `${name}(${['lane', ...args].join(', ')})`;
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #line(text: string): void {
    this.#lines.push(text);
  }

  #expression(type: ValueType, depth = 2): string {
    return expression(this, type, depth);
  }

  /** A function of its own, which may return early, call earlier ones and write through a pointer. */
  #helper(): string {
    const { chance } = this;
    const name = `${this.#name}_${this.#helpers.length}`;
    const returns = randomType(chance);
    const parameters = Array.from({ length: 1 + chance.below(3) }, () => ({
      type: randomType(chance),
      pointer: chance.of(0.25),
    }));
    this.#variables = parameters.map(({ type, pointer }, i) => ({ name: `a${i}`, type, mutable: pointer, pointer }));
    this.#variables.push({ name: 'lane', type: U32, mutable: false, pointer: false });
    this.#lines = [];
    this.#inHelper = true;
    const statements = 1 + chance.below(2);
    for (let i = 0; i < statements; i++) this.#statement(1, '  ');
    if (chance.of(0.5)) this.#line(`  if (${this.#expression(BOOL, 2)}) { return ${this.#expression(returns, 2)}; }`);
    this.#line(`  return ${this.#expression(returns, 2)};`);
    this.#inHelper = false;
    const list = parameters.map(
      ({ type, pointer }, i) => `a${i}: ${pointer ? `ptr<function, ${typeText(type)}>` : typeText(type)}`,
    );
    this.#helpers.push({ name, parameters, returns });
    return `fn ${name}(${['lane: u32', ...list].join(', ')}) -> ${typeText(returns)} {\n${this.#lines.join('\n')}\n}\n`;
  }

  #block(indent: string, depth: number, count = 1 + Number(this.chance.of(0.3))): void {
    const outer = this.#variables;
    this.#variables = [...outer];
    for (let i = 0; i < count; i++) this.#statement(depth, `${indent}  `);
    this.#variables = outer;
  }

  #statement(depth: number, indent: string): void {
    const { chance } = this;
    const kind = chance.below(depth > 0 ? 16 : 9);
    if (kind < 3) this.#declare(indent);
    else if (kind < 6) this.#assign(indent);
    else if (kind === 6) this.#arrayStatement(indent);
    else if (kind === 7) this.#inHelper ? this.#assign(indent) : this.#recordStatement(indent);
    else if (kind === 8) this.#pointerStatement(indent);
    else if (kind < 11) this.#if(depth, indent);
    else if (kind === 11) this.#switch(depth, indent);
    else if (this.#loops > 1) this.#assign(indent);
    else if (kind < 14) this.#for(depth, indent);
    else if (kind === 14) this.#while(depth, indent);
    else this.#loop(depth, indent);
  }

  #declare(indent: string, depth = 2): void {
    const { chance } = this;
    const type = randomType(chance);
    const mutable = chance.of(0.6);
    const name = this.#fresh(mutable ? 'v' : 'c');
    const written = chance.of(0.4) ? `: ${typeText(type)}` : '';
    // Not `var v: T;`: SwiftShader can lose the zero where it is read through a swizzle or splat, as in `var b: vec4<bool>; !(b.yyy)`.
    if (mutable && chance.of(0.1)) this.#line(`${indent}var ${name} = ${typeText(type)}();`);
    else this.#line(`${indent}${mutable ? 'var' : 'let'} ${name}${written} = ${this.#expression(type, depth)};`);
    this.#variables.push({ name, type, mutable, pointer: false });
  }

  #assign(indent: string): void {
    const { chance } = this;
    const targets = this.#variables.filter(({ mutable }) => mutable);
    if (targets.length === 0) {
      this.#declare(indent);
      return;
    }
    const { name, type, pointer } = chance.pick(targets);
    const whole = pointer ? `*${name}` : name;
    if (type.size > 1 && chance.of(0.4)) {
      const base = pointer ? `(*${name})` : name;
      const component = chance.of(0.5) ? `.${'xyzw'[chance.below(type.size)]}` : `[${index(this, type.size)}]`;
      this.#line(`${indent}${base}${component} = ${this.#expression({ ...type, size: 1 })};`);
    } else if ((type.scalar === 'i32' || type.scalar === 'u32') && chance.of(0.5)) {
      if (type.size === 1 && chance.of(0.3)) this.#line(`${indent}${pointer ? `(*${name})` : name}${chance.pick(['++', '--'])};`);
      else if (chance.of(0.2)) {
        const amount = type.size === 1 ? `${chance.below(32)}u` : `vec${type.size}u(${chance.below(32)}u)`;
        this.#line(`${indent}${whole} ${chance.pick(['<<=', '>>='])} ${amount};`);
      } else this.#line(`${indent}${whole} ${chance.pick(['+=', '-=', '*=', '&=', '|=', '^='])} ${this.#expression(type, 2)};`);
    } else if (type.scalar === 'bool' && chance.of(0.3)) {
      this.#line(`${indent}${whole} ${chance.pick(['&=', '|='])} ${this.#expression(type, 2)};`);
    } else this.#line(`${indent}${whole} = ${this.#expression(type)};`);
  }

  /** An array of the function, filled, and read or changed at running indices. */
  #arrayStatement(indent: string): void {
    const { chance } = this;
    const element = randomType(chance);
    const count = 2 + chance.below(4);
    const name = this.#fresh('t');
    const values = Array.from({ length: count }, () => this.#expression(element, 1));
    this.#line(`${indent}var ${name} = array<${typeText(element)}, ${count}>(${values.join(', ')});`);
    this.#line(`${indent}${name}[${index(this, count)}] = ${this.#expression(element, 2)};`);
    const copy = this.#fresh('c');
    this.#line(`${indent}let ${copy} = ${name}[${index(this, count)}];`);
    this.#variables.push({ name: copy, type: element, mutable: false, pointer: false });
    if (!this.#inHelper && chance.of(0.5)) {
      this.#line(`${indent}heap[${index(this, 8)}] = ${this.#expression(U32, 2)};`);
      this.#line(`${indent}counter += i32(heap[${index(this, 8)}]);`);
    }
  }

  /** The invocation's record in storage: members of all kinds, whole records, and a pointer to one. */
  #recordStatement(indent: string): void {
    const { chance } = this;
    const record = 'records[slot]';
    const add = (text: string) => this.#line(`${indent}${text}`);
    const kind = chance.below(6);
    if (kind === 0) add(`${record}.count += ${this.#expression(U32)};`);
    // Never zero, whose sign is not fixed.
    else if (kind === 1) add(`${record}.place = ${this.#expression({ scalar: 'f32', size: 3 })} * 2.0 + 0.125;`);
    else if (kind === 2) add(`${record}.signs[${index(this, 2)}] ^= ${this.#expression(I32)};`);
    else if (kind === 3) {
      add(`${record}.table[${index(this, 4)}] = ${this.#expression(I32)} + ${record}.table[${index(this, 4)}];`);
    } else if (kind === 4) {
      const name = this.#fresh('r');
      add(`var ${name} = ${record};`);
      add(`${name}.table[${index(this, 4)}] -= ${this.#expression(I32, 2)};`);
      add(`${name}.signs = ${name}.signs.yx;`);
      add(`${record} = ${name};`);
    } else {
      const name = this.#fresh('q');
      add(`let ${name} = &${record};`);
      add(`${name}.count ^= ${this.#expression(U32, 2)};`);
      add(`(*${name}).signs = ${this.#expression({ scalar: 'i32', size: 2 }, 2)};`);
    }
  }

  #pointerStatement(indent: string): void {
    const targets = this.#variables.filter(({ mutable, pointer, name }) => mutable && !pointer && name !== 'counter');
    if (targets.length === 0) {
      this.#declare(indent);
      return;
    }
    const { name, type } = this.chance.pick(targets);
    const pointer = this.#fresh('q');
    this.#line(`${indent}let ${pointer} = &${name};`);
    this.#line(`${indent}*${pointer} = ${this.#expression(type)};`);
  }

  #if(depth: number, indent: string): void {
    const { chance } = this;
    this.#line(`${indent}if ${this.#expression(BOOL)} {`);
    this.#block(indent, depth - 1);
    if (chance.of(0.3)) {
      this.#line(`${indent}} else if (${this.#expression(BOOL, 2)}) {`);
      this.#block(indent, depth - 1);
    }
    if (chance.of(0.5)) {
      this.#line(`${indent}} else {`);
      this.#block(indent, depth - 1);
    }
    this.#line(`${indent}}`);
  }

  #switch(depth: number, indent: string): void {
    const { chance } = this;
    const unsigned = chance.of(0.5);
    const suffix = unsigned ? 'u' : '';
    this.#line(`${indent}switch (${this.#expression(unsigned ? U32 : I32, 2)} & 3${suffix}) {`);
    const order = chance.pick([
      ['0', '1, 2', 'default'],
      ['default', '3', '1'],
      ['2', '0, default'],
      ['0, 1, 3,', 'default'],
    ]);
    for (const selectors of order) {
      this.#line(`${indent}  ${selectors === 'default' ? 'default' : `case ${selectors}`}: {`);
      this.#block(`${indent}  `, depth - 1);
      if (chance.of(0.2)) {
        this.#line(`${indent}    if (${this.#expression(BOOL, 1)}) { break; }`);
        this.#block(`${indent}  `, depth - 1, 1);
      }
      this.#line(`${indent}  }`);
    }
    this.#line(`${indent}}`);
  }

  #for(depth: number, indent: string): void {
    const { chance } = this;
    const name = this.#fresh('k');
    const unsigned = chance.of(0.6);
    const type = unsigned ? U32 : I32;
    const suffix = unsigned ? 'u' : '';
    const count = 1 + chance.below(4);
    const marked = chance.of(0.3);
    const head = chance.of(0.7)
      ? `var ${name} = 0${suffix}; ${name} < ${count}${suffix}; ${chance.pick([`${name}++`, `${name} += 1${suffix}`, `${name} = ${name} + 1${suffix}`])}`
      : `var ${name}: ${unsigned ? 'u32' : 'i32'} = ${count}; ${name} > 0${suffix}; ${name}--`;
    if (marked) this.#line(`${indent}// @unroll`);
    this.#line(`${indent}for (${head}) {`);
    this.#loopBody(depth, indent, { name, type, mutable: false, pointer: false }, marked);
    this.#line(`${indent}}`);
  }

  #loopBody(depth: number, indent: string, variable: Variable | undefined, marked = false): void {
    const { chance } = this;
    const outer = this.#variables;
    this.#variables = variable ? [...outer, variable] : [...outer];
    this.#loops++;
    this.#block(indent, depth - 1);
    if (!marked && chance.of(0.35)) {
      this.#line(`${indent}  if (${this.#expression(BOOL, 2)}) { ${chance.pick(['break', 'continue'])}; }`);
      this.#block(indent, depth - 1, 1);
    }
    this.#loops--;
    this.#variables = outer;
  }

  #while(depth: number, indent: string): void {
    const name = this.#fresh('w');
    this.#line(`${indent}var ${name} = ${literal(this.chance, 'u32')} % 5u;`);
    this.#line(`${indent}while ${name} < 5u {`);
    this.#line(`${indent}  ${name}++;`);
    this.#loopBody(depth, indent, { name, type: U32, mutable: false, pointer: false });
    this.#line(`${indent}}`);
  }

  #loop(depth: number, indent: string): void {
    const { chance } = this;
    const name = this.#fresh('w');
    this.#line(`${indent}var ${name} = ${chance.below(3)};`);
    this.#line(`${indent}loop {`);
    this.#loopBody(depth, indent, { name, type: I32, mutable: false, pointer: false });
    this.#line(`${indent}  continuing {`);
    this.#line(`${indent}    ${name} += 1;`);
    this.#line(`${indent}    break if ${name} > 3;`);
    this.#line(`${indent}  }`);
    this.#line(`${indent}}`);
  }

  /** Each invocation gives a number and takes that of another. */
  #exchange(): void {
    const name = this.#fresh('c');
    this.#line(`  exchange[lane] = ${this.#expression(I32)};`);
    this.#line('  workgroupBarrier();');
    this.#line(`  let ${name} = exchange[(lane + ${1 + this.chance.below(3)}u) % ${LANES}u];`);
    this.#variables.push({ name, type: I32, mutable: false, pointer: false });
  }

  /** What became of the variables. */
  #results(): void {
    let words = 0;
    let numbers = 0;
    for (const { name, type } of [...this.#variables].reverse()) {
      for (let i = 0; i < type.size; i++) {
        const part = type.size === 1 ? name : `${name}[${i}]`;
        if (type.scalar === 'f32') {
          if (numbers < NUMBERS) this.#line(`  numbers[slot * ${NUMBERS}u + ${numbers++}u] = ${part};`);
        } else if (words < WORDS) {
          this.#line(
            `  words[slot * ${WORDS}u + ${words++}u] = ${type.scalar === 'i32' ? `bitcast<u32>(${part})` : `u32(${part})`};`,
          );
        }
      }
    }
    this.#line(`  numbers[slot * ${NUMBERS}u + ${NUMBERS - 1}u] = ${this.#expression(F32)};`);
    if (this.chance.of(0.3)) this.#line(`  approximations[slot] = ${approximate(this)};`);
  }
}
