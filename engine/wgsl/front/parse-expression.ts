/** Expressions (WGSL, §8). */
import type { Reader } from './reader.ts';
import type { CallExpression, Expression, NameExpression } from './syntax.ts';
import { TEMPLATE_CLOSE, TEMPLATE_OPEN } from './tokens.ts';
import { KEYWORDS, RESERVED } from './words.ts';

const BITWISE = new Set(['&', '|', '^']);
const LOGICAL = new Set(['&&', '||']);
const RELATIONAL = new Set(['<', '>', '<=', '>=', '==', '!=']);
const SHIFT = new Set(['<<', '>>']);
const ADDITIVE = new Set(['+', '-']);
const MULTIPLICATIVE = new Set(['*', '/', '%']);
const PREFIX = new Set(['-', '!', '~', '*', '&']);

export function parseExpression(reader: Reader): Expression {
  return reader.nested(() => {
    const first = parseUnary(reader);
    const operator = reader.peek().text;
    if (BITWISE.has(operator)) return chain(reader, first, operator, parseUnary);
    const left = parseRelational(reader, first);
    const logical = reader.peek().text;
    if (LOGICAL.has(logical)) return chain(reader, left, logical, (r) => parseRelational(r, parseUnary(r)));
    rejectMixing(reader, 'a comparison or sum');
    return left;
  });
}

/** `a & b & c`: one operator, and no other beside it without parentheses. */
function chain(reader: Reader, first: Expression, operator: string, operand: (reader: Reader) => Expression): Expression {
  let left = first;
  while (reader.is(operator)) {
    reader.take();
    left = binary(reader, left, operator, operand(reader));
  }
  rejectMixing(reader, `'${operator}'`);
  return left;
}

function rejectMixing(reader: Reader, beside: string): void {
  const { text } = reader.peek();
  const operators = [BITWISE, LOGICAL, RELATIONAL, SHIFT, ADDITIVE, MULTIPLICATIVE];
  if (operators.some((set) => set.has(text))) reader.fail(`'${text}' beside ${beside} needs parentheses`);
}

function parseRelational(reader: Reader, first: Expression): Expression {
  const left = parseShift(reader, first);
  const { text } = reader.peek();
  if (!RELATIONAL.has(text)) return left;
  reader.take();
  return binary(reader, left, text, parseShift(reader, parseUnary(reader)));
}

function parseShift(reader: Reader, first: Expression): Expression {
  const { text } = reader.peek();
  if (!SHIFT.has(text)) return parseAdditive(reader, first);
  reader.take();
  return binary(reader, first, text, parseUnary(reader));
}

function parseAdditive(reader: Reader, first: Expression): Expression {
  let left = parseMultiplicative(reader, first, first.at);
  for (let next = reader.peek(); ADDITIVE.has(next.text); next = reader.peek()) {
    reader.take();
    left = binary(reader, left, next.text, parseMultiplicative(reader, parseUnary(reader), first.at));
  }
  return left;
}

function parseMultiplicative(reader: Reader, first: Expression, chainAt: number): Expression {
  let left = first;
  for (let next = reader.peek(); MULTIPLICATIVE.has(next.text); next = reader.peek()) {
    reader.take();
    left = binary(reader, left, next.text, parseUnary(reader), chainAt);
  }
  return left;
}

function binary(reader: Reader, left: Expression, operator: string, right: Expression, chainAt = left.at): Expression {
  return { kind: 'binary', operator, chainAt, left, right, at: left.at, depth: reader.depth(left, right) };
}

export function parseUnary(reader: Reader): Expression {
  const { text, at } = reader.peek();
  if (PREFIX.has(text)) {
    return reader.nested(() => {
      reader.take();
      const operand = parseUnary(reader);
      return { kind: 'unary', operator: text as '-', operand, at, depth: reader.depth(operand) };
    });
  }
  if (text === '++' || text === '--') reader.fail(`'${text}' is a statement of its own and no prefix`);
  if (text === '&&') reader.fail(`a pointer to a pointer does not exist`);
  return parsePostfix(reader, parsePrimary(reader));
}

function parsePostfix(reader: Reader, primary: Expression): Expression {
  let base = primary;
  for (;;) {
    if (reader.accept('[')) {
      const index = parseExpression(reader);
      reader.expect(']', 'after the index');
      base = { kind: 'index', base, index, at: base.at, depth: reader.depth(base, index) };
    } else if (reader.accept('.')) {
      const name = reader.peek();
      if (name.kind !== 'name') reader.unexpected('the name of a member');
      reader.take();
      base = { kind: 'member', base, name: name.text, nameAt: name.at, at: base.at, depth: reader.depth(base) };
    } else return base;
  }
}

function parsePrimary(reader: Reader): Expression {
  const token = reader.peek();
  if (token.kind === 'number') {
    reader.take();
    return { kind: 'number', text: token.text, at: token.at, depth: 1 };
  }
  if (token.text === 'true' || token.text === 'false') {
    reader.take();
    return { kind: 'bool', value: token.text === 'true', at: token.at, depth: 1 };
  }
  if (reader.accept('(')) {
    const inner = parseExpression(reader);
    reader.expect(')', 'to close the parenthesis');
    return inner;
  }
  if (token.kind !== 'name' || KEYWORDS.has(token.text)) return reader.unexpected('an expression');
  const name = parseName(reader, 'an expression');
  return reader.is('(') ? parseCall(reader, name) : name;
}

/** A name with its template list. */
export function parseName(reader: Reader, expected: string): NameExpression {
  const { kind, text, at } = reader.peek();
  if (kind !== 'name' || KEYWORDS.has(text)) return reader.unexpected(expected);
  if (RESERVED.has(text)) return reader.fail(`'${text}' is a reserved word`);
  reader.take();
  const template = parseTemplate(reader);
  return { kind: 'name', name: text, template, at, depth: reader.depth(...(template ?? [])) };
}

export function parseTemplate(reader: Reader): Expression[] | undefined {
  if (!reader.accept(TEMPLATE_OPEN)) return undefined;
  const list = parseList(reader, TEMPLATE_CLOSE, 'the template list');
  if (list.length === 0) reader.fail('an empty template list');
  return list;
}

export function parseCall(reader: Reader, callee: NameExpression): CallExpression {
  reader.expect('(', 'before the arguments');
  const args = parseList(reader, ')', 'the arguments');
  return { kind: 'call', callee, arguments: args, at: callee.at, depth: reader.depth(callee, ...args) };
}

/** Expressions between commas up to the closing bracket, which is taken; a comma may stand before it. */
export function parseList(reader: Reader, close: string, what: string): Expression[] {
  const list: Expression[] = [];
  while (!reader.accept(close)) {
    list.push(parseExpression(reader));
    if (!reader.accept(',')) {
      reader.expect(close, `to end ${what}`);
      break;
    }
  }
  return list;
}
