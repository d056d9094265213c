/** Built-in functions of scalars and vectors. Barriers and quad operations stand in suspend.ts: they end what an invocation runs alone. */
import { fromHalf, pack, unpack } from '../front/packing.ts';
import type { BuiltinCall, Place, Value } from '../typed.ts';
import { reportNaN } from './arithmetic.ts';
import { type Compiler, constantCode, constantOf, type NumberCode, scalarOf, type WordsCode } from './code.ts';
import { type Componentwise, componentwise } from './componentwise.ts';
import { valueText } from './findings.ts';
import type { Invocation } from './machine.ts';
import { extent } from './places.ts';

const { fround } = Math;

export function builtinNumber(c: Compiler, call: BuiltinCall): NumberCode {
  const { name, arguments: args, at } = call;
  const { machine } = c;
  const first = args[0];
  switch (name) {
    case 'arrayLength':
      return arrayLength(c, call);
    case 'select': {
      const [no, yes, which] = numbers(c, args) as [NumberCode, NumberCode, NumberCode];
      const known = constantOf(which);
      const [a, b] = [constantOf(no), constantOf(yes)];
      if (known !== undefined && a !== undefined && b !== undefined) return constantCode(known ? b : a);
      // Both values are evaluated, as WGSL evaluates all arguments.
      return (s) => {
        const x = no(s);
        const y = yes(s);
        return which(s) !== 0 ? y : x;
      };
    }
  }
  if (first && first.type.kind !== 'vector') {
    const op = componentwise(name, scalarOf(first.type));
    if (op) return scalarCall(c, op, call);
  }
  const whole = wholeNumber(name);
  if (!whole) throw new Error(`no built-in function ${name}`);
  const parts = args.map((arg) => asWords(c, arg));
  const float = scalarOf(call.type) === 'f32';
  return (s) => {
    const values = parts.map((part) => part(s));
    const x = whole(values, call);
    return float && Number.isNaN(x) ? reportNaN(machine, s, at, values, () => callText(name, values)) : x;
  };
}

function scalarCall(c: Compiler, op: Componentwise, { name, arguments: args, at, type }: BuiltinCall): NumberCode {
  const { machine } = c;
  const codes = numbers(c, args);
  const known = codes.map(constantOf);
  if (known.every((x) => x !== undefined)) {
    const x = op(...(known as unknown as Parameters<Componentwise>));
    if (!Number.isNaN(x)) return constantCode(x);
  }
  const [a, b, d, e] = codes as [NumberCode, NumberCode, NumberCode, NumberCode];
  const check = (s: Invocation, x: number, values: number[]): number =>
    Number.isNaN(x) ? reportNaN(machine, s, at, values, () => callText(name, values)) : x;
  if (codes.length === 1) {
    return (s) => {
      const v = a(s);
      return check1(op(v, 0, 0, 0), s, v);
    };
  }
  if (codes.length === 2) {
    return (s) => {
      const v = a(s);
      const w = b(s);
      const x = op(v, w, 0, 0);
      return Number.isNaN(x) ? check(s, x, [v, w]) : x;
    };
  }
  if (codes.length === 3) {
    return (s) => {
      const v = a(s);
      const w = b(s);
      const u = d(s);
      const x = op(v, w, u, 0);
      return Number.isNaN(x) ? check(s, x, [v, w, u]) : x;
    };
  }
  if (scalarOf(type) === 'f32') throw new Error(`${name} with ${codes.length} arguments`);
  return (s) => op(a(s), b(s), d(s), e(s));

  function check1(x: number, s: Invocation, v: number): number {
    return Number.isNaN(x) ? check(s, x, [v]) : x;
  }
}

export function builtinWords(c: Compiler, call: BuiltinCall): WordsCode {
  const { name, arguments: args, at, type } = call;
  const { machine } = c;
  const size = type.kind === 'vector' ? type.size : 1;
  if (name === 'select') return selectWords(c, args);
  const first = args[0] as Value;
  const op = first.type.kind === 'vector' || first.type.kind === 'scalar' ? componentwise(name, scalarOf(first.type)) : undefined;
  if (op) {
    return eachComponent(c, op, call, size);
  }
  const whole = wholeWords(name);
  if (!whole) throw new Error(`no built-in function ${name}`);
  const parts = args.map((arg) => asWords(c, arg));
  return (s) => {
    const values = parts.map((part) => part(s));
    const out = whole(values);
    if (out.some(Number.isNaN)) reportNaN(machine, s, at, values, () => callText(name, values));
    return out;
  };
}

/** A scalar argument (mix, extractBits, …) serves all components. */
function eachComponent(c: Compiler, op: Componentwise, { name, arguments: args, at }: BuiltinCall, size: number): WordsCode {
  const { machine } = c;
  const nothing: WordsCode = () => NOTHING;
  const [a = nothing, b = nothing, d = nothing, e = nothing] = args.map((arg) => asWords(c, arg));
  const [stepA = 0, stepB = 0, stepD = 0, stepE = 0] = args.map((arg) => (arg.type.kind === 'vector' ? 1 : 0));
  return (s) => {
    const va = a(s);
    const vb = b(s);
    const vd = d(s);
    const ve = e(s);
    const out = new Array<number>(size);
    for (let i = 0; i < size; i++) {
      const x = op(va[i * stepA] as number, vb[i * stepB] as number, vd[i * stepD] as number, ve[i * stepE] as number);
      out[i] = x;
      if (Number.isNaN(x)) {
        const operands = [va[i * stepA], vb[i * stepB], vd[i * stepD], ve[i * stepE]].slice(0, args.length) as number[];
        reportNaN(machine, s, at, operands, () => callText(name, operands));
      }
    }
    return out;
  };
}

const NOTHING: readonly number[] = [0];

function selectWords(c: Compiler, args: readonly Value[]): WordsCode {
  const [no, yes] = [c.words(args[0] as Value), c.words(args[1] as Value)];
  const condition = args[2] as Value;
  if (condition.type.kind === 'scalar') {
    const which = c.number(condition);
    return (s) => {
      const [a, b] = [no(s), yes(s)];
      return which(s) !== 0 ? b : a;
    };
  }
  const which = c.words(condition);
  return (s) => {
    const [a, b] = [no(s), yes(s)];
    return which(s).map((w, i) => (w !== 0 ? b[i] : a[i]) as number);
  };
}

const numbers = (c: Compiler, args: readonly Value[]): NumberCode[] => args.map((arg) => c.number(arg));

function asWords(c: Compiler, value: Value): WordsCode {
  if (value.type.kind === 'vector') return c.words(value);
  const code = c.number(value);
  return (s) => [code(s)];
}

function arrayLength(c: Compiler, { arguments: args, at }: BuiltinCall): NumberCode {
  const pointer = args[0] as Value;
  const type = pointer.type.kind === 'pointer' ? pointer.type.to : pointer.type;
  const place: Place = pointer.kind === 'address' ? pointer.place : { kind: 'deref', pointer, type, at };
  const { address, memory } = c.place(place);
  const { stride, length } = extent(c, type);
  const constant = constantOf(address);
  const count = (word: number) => length ?? Math.floor(memory.wordsFrom(word) / stride);
  return constant !== undefined ? constantCode(count(constant)) : (s) => count(address(s));
}

const callText = (name: string, values: readonly (number | readonly number[])[]): string =>
  `${name}(${values.map((value) => valueText(typeof value !== 'number' && value.length === 1 ? (value[0] as number) : value)).join(', ')})`;

type Words = readonly number[];

const dotF32 = (a: Words, b: Words): number => {
  let sum = fround((a[0] as number) * (b[0] as number));
  for (let i = 1; i < a.length; i++) sum = fround(sum + fround((a[i] as number) * (b[i] as number)));
  return sum;
};

const lengthOf = (v: Words): number => (v.length === 1 ? Math.abs(v[0] as number) : fround(Math.sqrt(dotF32(v, v))));

const zip = (a: Words, b: Words, f: (x: number, y: number) => number): number[] => a.map((x, i) => f(x, b[i] as number));

const word = (values: readonly Words[], i: number): Words => values[i] as Words;

/** Functions of whole vectors that give a scalar. */
function wholeNumber(name: string): ((values: readonly Words[], call: BuiltinCall) => number) | undefined {
  switch (name) {
    case 'all':
      return (v) => (word(v, 0).every((x) => x !== 0) ? 1 : 0);
    case 'any':
      return (v) => (word(v, 0).some((x) => x !== 0) ? 1 : 0);
    case 'length':
      return (v) => lengthOf(word(v, 0));
    case 'distance':
      return (v) => lengthOf(zip(word(v, 0), word(v, 1), (x, y) => fround(x - y)));
    case 'dot':
      return (v, { type }) => {
        if (scalarOf(type) === 'f32') return dotF32(word(v, 0), word(v, 1));
        const sum = zip(word(v, 0), word(v, 1), Math.imul).reduce((total, x) => (total + x) | 0, 0);
        return scalarOf(type) === 'u32' ? sum >>> 0 : sum;
      };
    case 'pack2x16float':
      return (v) =>
        pack(
          name,
          word(v, 0).map((x) => Math.min(Math.max(x, -65504), 65504)),
        ) as number;
    case 'dot4U8Packed':
    case 'dot4I8Packed':
      return (v) => unpack(name, word(v, 0)[0] as number, word(v, 1)[0] as number) as number;
  }
  return name.startsWith('pack') ? (v) => pack(name, word(v, 0)) as number : undefined;
}

/** Functions of whole vectors, or of a packed word, that give a vector. */
function wholeWords(name: string): ((values: readonly Words[]) => number[]) | undefined {
  switch (name) {
    case 'cross':
      return (v) => {
        const [a, b] = [word(v, 0) as [number, number, number], word(v, 1) as [number, number, number]];
        const minor = (i: 0 | 1 | 2, j: 0 | 1 | 2) => fround(fround(a[i] * b[j]) - fround(a[j] * b[i]));
        return [minor(1, 2), minor(2, 0), minor(0, 1)];
      };
    case 'normalize':
      return (v) => {
        const length = lengthOf(word(v, 0));
        return word(v, 0).map((x) => fround(x / length));
      };
    case 'reflect':
      return (v) => {
        const twice = fround(2 * dotF32(word(v, 1), word(v, 0)));
        return zip(word(v, 0), word(v, 1), (x, n) => fround(x - fround(twice * n)));
      };
    case 'refract':
      return (v) => {
        const eta = word(v, 2)[0] as number;
        const along = dotF32(word(v, 1), word(v, 0));
        const k = fround(1 - fround(fround(eta * eta) * fround(1 - fround(along * along))));
        if (k < 0) return word(v, 0).map(() => 0);
        const turn = fround(fround(eta * along) + fround(Math.sqrt(k)));
        return zip(word(v, 0), word(v, 1), (x, n) => fround(fround(eta * x) - fround(turn * n)));
      };
    case 'faceForward':
      return (v) => (dotF32(word(v, 2), word(v, 1)) < 0 ? [...word(v, 0)] : word(v, 0).map((x) => -x));
    case 'unpack2x16float':
      return (v) => {
        const bits = word(v, 0)[0] as number;
        return [fromHalf(bits & 0xffff), fromHalf(bits >>> 16)];
      };
  }
  return name.startsWith('unpack') ? (v) => unpack(name, word(v, 0)[0] as number, 0) as number[] : undefined;
}
