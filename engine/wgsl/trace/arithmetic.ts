/** Operators with what the tracer looks for in them: integer division by zero and the first NaN. */
import type { Binary, BinaryOperator, Scalar, Unary, Value } from '../typed.ts';
import { type Compiler, constantCode, constantOf, type NumberCode, scalarOf, type WordsCode } from './code.ts';
import { idText, valueText } from './findings.ts';
import type { Invocation, Machine } from './machine.ts';
import { binaryOperation, unaryOperation } from './operators.ts';

const { fround } = Math;

/** Reports a NaN where no operand is one. @returns the NaN */
export function reportNaN(
  machine: Machine,
  s: Invocation,
  at: number,
  operands: readonly (number | readonly number[])[],
  text: () => string,
): number {
  if (operands.flat().some((x) => Number.isNaN(x))) return Number.NaN;
  machine.findings.add('nan', at, s.globalId, () => ({
    message: `${text()} is NaN, in invocation ${idText(s.globalId)}`,
    values: Object.fromEntries(operands.map((x, i) => [`operand${i + 1}`, typeof x === 'number' ? x : valueText(x)])),
  }));
  return Number.NaN;
}

/** One operation on two components, with its reports. */
export function checkedOperation(
  machine: Machine,
  operator: BinaryOperator,
  scalar: Scalar,
  at: number,
): (s: Invocation, a: number, b: number) => number {
  const op = binaryOperation(operator, scalar);
  if (scalar === 'f32' && '+-*/%'.includes(operator)) {
    return (s, a, b) => {
      const x = op(a, b);
      return Number.isNaN(x) ? reportNaN(machine, s, at, [a, b], () => `${valueText(a)} ${operator} ${valueText(b)}`) : x;
    };
  }
  if (operator === '/' || operator === '%') {
    return (s, a, b) => {
      if (b === 0) {
        machine.findings.add('division-by-zero', at, s.globalId, () => ({
          message: `${a} ${operator} 0 in invocation ${idText(s.globalId)}: an integer division by zero (WGSL gives ${op(a, 0)})`,
          values: { left: a, right: 0 },
        }));
      }
      return op(a, b);
    };
  }
  return (_, a, b) => op(a, b);
}

/** A scalar operation. */
export function binaryNumber(c: Compiler, { operator, left, right, at }: Binary): NumberCode {
  const l = c.number(left);
  if (operator === '&&' || operator === '||') return logical(operator === '&&', l, () => c.number(right));
  const r = c.number(right);
  const scalar = scalarOf(left.type);
  const [a, b] = [constantOf(l), constantOf(r)];
  if (a !== undefined && b !== undefined && !(b === 0 && (operator === '/' || operator === '%'))) {
    const x = binaryOperation(operator, scalar)(a, b);
    if (!Number.isNaN(x)) return constantCode(x);
  }
  const checked = checkedOperation(c.machine, operator, scalar, at);
  return fastNumber(operator, scalar, l, r, checked) ?? ((s) => checked(s, l(s), r(s)));
}

function logical(and: boolean, l: NumberCode, makeRight: () => NumberCode): NumberCode {
  const known = constantOf(l);
  if (known !== undefined) return (known !== 0) === and ? makeRight() : constantCode(known);
  const r = makeRight();
  return and ? (s) => (l(s) !== 0 ? r(s) : 0) : (s) => (l(s) !== 0 ? 1 : r(s));
}

/** The operations that loops consist of, without a call in between. */
function fastNumber(
  operator: BinaryOperator,
  scalar: Scalar,
  l: NumberCode,
  r: NumberCode,
  checked: (s: Invocation, a: number, b: number) => number,
): NumberCode | undefined {
  switch (`${scalar} ${operator}`) {
    case 'f32 +':
      return (s) => {
        const a = l(s);
        const b = r(s);
        const x = fround(a + b);
        return Number.isNaN(x) ? checked(s, a, b) : x;
      };
    case 'f32 -':
      return (s) => {
        const a = l(s);
        const b = r(s);
        const x = fround(a - b);
        return Number.isNaN(x) ? checked(s, a, b) : x;
      };
    case 'f32 *':
      return (s) => {
        const a = l(s);
        const b = r(s);
        const x = fround(a * b);
        return Number.isNaN(x) ? checked(s, a, b) : x;
      };
    case 'u32 +':
      return (s) => (l(s) + r(s)) >>> 0;
    case 'u32 -':
      return (s) => (l(s) - r(s)) >>> 0;
    case 'u32 *':
      return (s) => Math.imul(l(s), r(s)) >>> 0;
    case 'i32 +':
      return (s) => (l(s) + r(s)) | 0;
    case 'i32 -':
      return (s) => (l(s) - r(s)) | 0;
    case 'i32 *':
      return (s) => Math.imul(l(s), r(s));
  }
  switch (operator) {
    case '<':
      return (s) => (l(s) < r(s) ? 1 : 0);
    case '>=':
      return (s) => (l(s) >= r(s) ? 1 : 0);
    case '==':
      return (s) => (l(s) === r(s) ? 1 : 0);
  }
  return undefined;
}

/** A componentwise operation of two vectors. */
export function binaryWords(c: Compiler, { operator, left, right, at }: Binary): WordsCode {
  if (operator === '&&' || operator === '||') throw new Error(`${operator} of vectors`);
  const l = c.words(left);
  const r = c.words(right);
  const op = checkedOperation(c.machine, operator, scalarOf(left.type), at);
  return (s) => {
    const a = l(s);
    const b = r(s);
    const out = new Array<number>(a.length);
    for (let i = 0; i < a.length; i++) out[i] = op(s, a[i] as number, b[i] as number);
    return out;
  };
}

export function unaryNumber(c: Compiler, { operator, operand }: Unary): NumberCode {
  const code = c.number(operand);
  const op = unaryOperation(operator, scalarOf(operand.type));
  const constant = constantOf(code);
  return constant !== undefined ? constantCode(op(constant)) : (s) => op(code(s));
}

export function unaryWords(c: Compiler, { operator, operand }: Unary): WordsCode {
  const code = c.words(operand);
  const op = unaryOperation(operator, scalarOf(operand.type));
  return (s) => code(s).map(op);
}

/** A function of one component, applied to a scalar or to each component of a vector. */
export function mapNumber(c: Compiler, operand: Value, op: (x: number) => number): NumberCode {
  const code = c.number(operand);
  const constant = constantOf(code);
  return constant !== undefined ? constantCode(op(constant)) : (s) => op(code(s));
}
