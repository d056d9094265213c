/** Expressions as code. */
import type { Construct, Extract, ExtractAt, Swizzle, Type, Value } from '../typed.ts';
import { binaryNumber, binaryWords, mapNumber, unaryNumber, unaryWords } from './arithmetic.ts';
import { builtinNumber, builtinWords } from './builtins.ts';
import { type Compiler, constantCode, constantOf, type NumberCode, scalarOf, slotOf, type WordsCode } from './code.ts';
import { isComposite } from './layout.ts';
import { bitcast, conversion } from './operators.ts';
import { extent, loadNumber, loadWords, reportOutside } from './places.ts';
import { valueText } from './text.ts';

/** A scalar or pointer. */
export function numberCode(c: Compiler, value: Value): NumberCode {
  switch (value.kind) {
    case 'literal':
      return constantCode(Number(value.value));
    case 'override': {
      const known = c.machine.overrides[value.override];
      if (known === undefined) throw new Error('an override is read before it has a value');
      return constantCode(known);
    }
    case 'local': {
      const { cell } = slotOf(c.scope, value.local);
      return (s) => s.cells[cell] as number;
    }
    case 'load':
      return loadNumber(c, c.place(value.place));
    case 'address': {
      const { address, memory } = c.place(value.place);
      const constant = constantOf(address);
      if (constant !== undefined) return constantCode(memory.pointer(constant));
      return (s) => {
        const a = address(s);
        return a < 0 ? -1 : memory.pointer(a);
      };
    }
    case 'unary':
      return unaryNumber(c, value);
    case 'binary':
      return binaryNumber(c, value);
    case 'builtin':
      return builtinNumber(c, value);
    case 'call': {
      const run = c.call(value.func, value.arguments);
      return (s) => {
        run(s);
        return s.result as number;
      };
    }
    case 'construct':
      return value.parts[0] ? c.number(value.parts[0]) : constantCode(0);
    case 'convert':
      return mapNumber(c, value.operand, conversion(scalarOf(value.operand.type), scalarOf(value.type)));
    case 'bitcast':
      return mapNumber(c, value.operand, bitcast(scalarOf(value.operand.type), scalarOf(value.type)));
    case 'swizzle':
      return component(c, value.operand, value.components[0] ?? 0);
    case 'extract':
      return component(c, value.operand, memberOffset(c, value));
    case 'extractAt': {
      const { words, address } = elementOf(c, value);
      return (s) => {
        const all = words(s);
        const at = address(s);
        return at < 0 ? 0 : (all[at] as number);
      };
    }
  }
}

function component(c: Compiler, operand: Value, at: number): NumberCode {
  if (operand.kind === 'local') {
    const { object } = slotOf(c.scope, operand.local);
    return (s) => s.objects[object]?.[at] as number;
  }
  const words = c.words(operand);
  return (s) => words(s)[at] as number;
}

/** A vector, array or struct. */
export function wordsCode(c: Compiler, value: Value): WordsCode {
  switch (value.kind) {
    case 'local': {
      const { object } = slotOf(c.scope, value.local);
      return (s) => s.objects[object] as readonly number[];
    }
    case 'load':
      return loadWords(c, c.place(value.place));
    case 'unary':
      return unaryWords(c, value);
    case 'binary':
      return binaryWords(c, value);
    case 'builtin':
      return builtinWords(c, value);
    case 'call': {
      const run = c.call(value.func, value.arguments);
      return (s) => {
        run(s);
        return s.result as readonly number[];
      };
    }
    case 'construct':
      return construct(c, value);
    case 'convert': {
      const op = conversion(scalarOf(value.operand.type), scalarOf(value.type));
      const words = c.words(value.operand);
      return (s) => words(s).map(op);
    }
    case 'bitcast': {
      const op = bitcast(scalarOf(value.operand.type), scalarOf(value.type));
      const words = c.words(value.operand);
      return (s) => words(s).map(op);
    }
    case 'swizzle':
      return swizzle(c, value);
    case 'extract': {
      const words = c.words(value.operand);
      const offset = memberOffset(c, value);
      const end = offset + c.machine.layout.words(value.type);
      return (s) => words(s).slice(offset, end);
    }
    case 'extractAt': {
      const { words, address } = elementOf(c, value);
      const size = c.machine.layout.words(value.type);
      return (s) => {
        const all = words(s);
        const at = address(s);
        return at < 0 ? new Array<number>(size).fill(0) : all.slice(at, at + size);
      };
    }
    default:
      throw new Error(`a ${value.kind} that is a ${value.type.kind}`);
  }
}

function swizzle(c: Compiler, { operand, components }: Swizzle): WordsCode {
  const words = c.words(operand);
  return (s) => {
    const all = words(s);
    return components.map((i) => all[i] as number);
  };
}

function construct(c: Compiler, { type, parts }: Construct): WordsCode {
  const { layout } = c.machine;
  const words = layout.words(type);
  if (parts.length === 0) return () => new Array<number>(words).fill(0);
  if (type.kind === 'vector') return vector(c, type.size, parts);
  const offsets = parts.map((_, i) => offsetOf(c, type, i));
  const codes = parts.map((part) => (isComposite(part.type) ? c.words(part) : c.number(part)));
  return (s) => {
    const out = new Array<number>(words).fill(0);
    codes.forEach((code, i) => {
      const value = code(s);
      const offset = offsets[i] as number;
      if (typeof value === 'number') out[offset] = value;
      else for (let k = 0; k < value.length; k++) out[offset + k] = value[k] as number;
    });
    return out;
  };
}

function vector(c: Compiler, size: number, parts: readonly Value[]): WordsCode {
  const [first] = parts as readonly [Value];
  if (parts.length === 1 && first.type.kind === 'scalar') {
    const code = c.number(first);
    return (s) => new Array<number>(size).fill(code(s));
  }
  if (parts.every((part) => part.type.kind === 'scalar')) {
    const codes = parts.map((part) => c.number(part));
    return (s) => {
      const out = new Array<number>(size);
      for (let i = 0; i < size; i++) out[i] = (codes[i] as NumberCode)(s);
      return out;
    };
  }
  const codes = parts.map((part) => (isComposite(part.type) ? c.words(part) : c.number(part)));
  return (s) => codes.flatMap((code) => code(s));
}

/** Word of a part within an array or struct. */
function offsetOf(c: Compiler, type: Type, part: number): number {
  if (type.kind === 'struct') return (c.machine.layout.struct(type).members[part]?.offset ?? 0) / 4;
  return part * extent(c, type).stride;
}

const memberOffset = (c: Compiler, { operand, member }: Extract): number => offsetOf(c, operand.type, member);

/** The whole of a value and where its element lies; -1 where the index is out of bounds. */
function elementOf(c: Compiler, { operand, index }: ExtractAt): { words: WordsCode; address: NumberCode } {
  const words = c.words(operand);
  const i = c.number(index);
  const { stride, length = 0 } = extent(c, operand.type);
  const outside = reportOutside(c, valueText(c.machine.module, c.scope, operand), operand.type.kind === 'vector', index.at);
  return {
    words,
    address: (s) => {
      const at = i(s);
      return at >= 0 && at < length ? at * stride : outside(s, at, length);
    },
  };
}
