/** Constant integer expressions of WGSL, as far as loop bounds and array indices need them. */
import type { Token } from './tokens.ts';

/** An integer with its type; `''` is an abstract integer (no suffix). */
export interface Constant {
  readonly value: number;
  readonly type: '' | 'i' | 'u';
}

const PRECEDENCE: Readonly<Record<string, number>> = {
  '|': 1,
  '^': 2,
  '&': 3,
  '<<': 4,
  '>>': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

/**
 * Value of an expression of integer literals, known names and operators.
 * @returns undefined where it is no constant integer expression
 */
export function evaluate(tokens: readonly Token[], names: ReadonlyMap<string, Constant>): Constant | undefined {
  let at = 0;

  function primary(): Constant | undefined {
    const token = tokens[at++];
    if (!token) return undefined;
    if (token.kind === 'number') return literal(token.text);
    if (token.text === '-') {
      const operand = primary();
      return operand && operand.type !== 'u' ? { value: -operand.value, type: operand.type } : undefined;
    }
    const cast = token.text === 'u32' ? 'u' : token.text === 'i32' ? 'i' : undefined;
    if (token.text === '(' || (cast && tokens[at]?.text === '(')) {
      if (cast) at++;
      const inner = binary(1);
      if (tokens[at++]?.text !== ')' || !inner) return undefined;
      return cast ? wrap(inner.value, cast) : inner;
    }
    return token.kind === 'name' ? names.get(token.text) : undefined;
  }

  function binary(lowest: number): Constant | undefined {
    let left = primary();
    for (;;) {
      const operator = tokens[at]?.text ?? '';
      const precedence = PRECEDENCE[operator];
      if (!left || precedence === undefined || precedence < lowest) return left;
      at++;
      const right = binary(precedence + 1);
      if (!right) return undefined;
      left = apply(operator, left, right);
    }
  }

  const result = binary(1);
  return at === tokens.length ? result : undefined;
}

/** `12u` as a constant; undefined for a float. */
export function literal(text: string): Constant | undefined {
  const match = /^(0[xX][0-9a-fA-F]+|\d+)([iu]?)$/.exec(text);
  return match ? { value: Number(match[1]), type: (match[2] ?? '') as Constant['type'] } : undefined;
}

/** A constant as WGSL, in parentheses where a minus sign needs them. */
export function print(constant: Constant): string {
  const text = `${constant.value}${constant.type}`;
  return constant.value < 0 ? `(${text})` : text;
}

function apply(operator: string, a: Constant, b: Constant): Constant | undefined {
  const shift = operator === '<<' || operator === '>>';
  if (!shift && a.type !== b.type && a.type !== '' && b.type !== '') return undefined;
  const type = shift || a.type !== '' ? a.type : b.type;
  const [x, y] = [BigInt(a.value), BigInt(b.value)];
  if ((operator === '/' || operator === '%') && y === 0n) return undefined;
  if (shift && (y < 0n || y > 31n)) return undefined;
  const results: Record<string, () => bigint> = {
    '+': () => x + y,
    '-': () => x - y,
    '*': () => x * y,
    '/': () => x / y,
    '%': () => x % y,
    '<<': () => x << y,
    '>>': () => x >> y,
    '&': () => x & y,
    '|': () => x | y,
    '^': () => x ^ y,
  };
  const value = Number(results[operator]?.() ?? 0n);
  const exact = wrap(value, type);
  // An overflow is an error of a WGSL constant expression in some compilers and wraps in others: leave it as written.
  return exact.value === value ? exact : undefined;
}

function wrap(value: number, type: Constant['type']): Constant {
  return { value: type === 'u' ? value >>> 0 : value | 0, type };
}
