/** Statements (WGSL, §9), and the declarations that may stand among them. */
import { parseExpression, parseList, parseName, parseTemplate, parseUnary } from './parse-expression.ts';
import type { Reader } from './reader.ts';
import type {
  AssertNode,
  Attribute,
  Block,
  CaseNode,
  ForNode,
  IfNode,
  SelectorNode,
  StatementNode,
  SwitchNode,
  VariableNode,
} from './syntax.ts';
import type { Token } from './tokens.ts';
import { ATTRIBUTES, KEYWORDS } from './words.ts';

const COMPOUND = new Set(['+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);

export function parseBlock(reader: Reader, where: string): Block {
  const { at } = reader.expect('{', where);
  return reader.nested(() => {
    const statements: StatementNode[] = [];
    while (!reader.is('}')) {
      if (reader.peek().kind === 'end') reader.unexpected("'}'");
      if (reader.accept(';')) continue;
      if (reader.is('continuing')) reader.fail("'continuing' must be the last thing in the body of a loop");
      statements.push(parseStatement(reader));
    }
    const { at: end } = reader.take();
    return { at, statements, end };
  });
}

export function parseStatement(reader: Reader): StatementNode {
  const attributes = parseAttributes(reader);
  for (const attribute of attributes) {
    if (attribute.name !== 'diagnostic') reader.fail(`'@${attribute.name}' does not belong to a statement`, attribute.at);
  }
  const { text, at } = reader.peek();
  switch (text) {
    case '{':
      return { kind: 'block', block: parseBlock(reader, ''), at };
    case 'if':
      return parseIf(reader);
    case 'switch':
      return parseSwitch(reader);
    case 'loop':
      return parseLoop(reader);
    case 'for':
      return parseFor(reader);
    case 'while':
      return parseWhile(reader);
  }
  if (attributes[0]) reader.fail("'@diagnostic' does not belong to this statement", attributes[0].at);
  switch (text) {
    case 'break':
      reader.take();
      if (reader.is('if')) reader.fail("'break if' must be the last statement of a continuing block");
      reader.expect(';', "after 'break'");
      return { kind: 'break', at };
    case 'continue':
    case 'discard':
      reader.take();
      reader.expect(';', `after '${text}'`);
      return { kind: text, at };
    case 'return': {
      reader.take();
      const value = reader.is(';') ? undefined : parseExpression(reader);
      reader.expect(';', "after 'return'");
      return { kind: 'return', value, at };
    }
    case 'const_assert':
      return parseAssert(reader);
  }
  const statement = parseSimple(reader);
  reader.expect(';', 'after the statement');
  return statement;
}

export function parseAssert(reader: Reader): AssertNode {
  const { at } = reader.expect('const_assert', '');
  const condition = parseExpression(reader);
  reader.expect(';', "after 'const_assert'");
  return { kind: 'const_assert', condition, at };
}

/** What may also stand in the head of a `for`: a declaration, an assignment or a call; without the semicolon. */
function parseSimple(reader: Reader): StatementNode {
  const { text, at } = reader.peek();
  if (text === 'var' || text === 'let' || text === 'const') return parseVariable(reader, []);
  if (text === 'override') reader.fail("'override' belongs outside of functions");
  if (reader.accept('_')) {
    reader.expect('=', "after '_'");
    return { kind: 'phony', value: parseExpression(reader), at };
  }
  const { kind } = reader.peek();
  if ((kind !== 'name' || KEYWORDS.has(text)) && !/^[(*&]$/.test(text)) reader.unexpected("a statement or '}'");
  if (text === '(' && !beginsExpression(reader.peek(1))) reader.fail('this parenthesis holds no expression', at);
  const target = reader.nested(() => parseUnary(reader));
  const operator = reader.peek().text;
  if (operator === '++' || operator === '--') {
    reader.take();
    return { kind: 'step', target, operator: operator === '++' ? '+' : '-', at };
  }
  if (operator === '=' || COMPOUND.has(operator)) {
    const { at: operatorAt } = reader.take();
    return { kind: 'assign', target, operator: operator.slice(0, -1), operatorAt, value: parseExpression(reader), at };
  }
  // `(f(x));` is no call statement: the parenthesis would be the first character.
  if (target.kind === 'call' && target.at === at) return { kind: 'callStatement', call: target, at };
  return reader.unexpected("an assignment: '=', '++' or the like");
}

function beginsExpression({ kind, text }: Token): boolean {
  if (kind === 'name') return !KEYWORDS.has(text) || text === 'true' || text === 'false';
  return kind === 'number' || /^[-!~*&(]$/.test(text);
}

/** `var`, `let`, `const` or `override`, without the semicolon. */
export function parseVariable(reader: Reader, attributes: readonly Attribute[]): VariableNode {
  const { text, at } = reader.take();
  const kind = text as VariableNode['kind'];
  const template = kind === 'var' ? parseTemplate(reader) : undefined;
  const name = reader.declaredName(`a ${kind}`);
  const type = reader.accept(':') ? parseName(reader, 'a type') : undefined;
  const initial = reader.accept('=') ? parseExpression(reader) : undefined;
  if (!initial && (kind === 'let' || kind === 'const')) reader.unexpected(`'=' and a value for '${name.text}'`);
  return { kind, name: name.text, nameAt: name.at, attributes, template, type, initial, at };
}

function parseIf(reader: Reader): IfNode {
  const { at } = reader.expect('if', '');
  const condition = parseExpression(reader);
  const then = parseBlock(reader, "after the condition of 'if'");
  if (!reader.accept('else')) return { kind: 'if', condition, then, otherwise: undefined, at };
  const otherwise = reader.is('if') ? reader.nested(() => parseIf(reader)) : parseBlock(reader, "after 'else'");
  return { kind: 'if', condition, then, otherwise, at };
}

function parseSwitch(reader: Reader): SwitchNode {
  const { at } = reader.expect('switch', '');
  const selector = parseExpression(reader);
  parseAttributes(reader);
  reader.expect('{', 'before the cases');
  const cases: CaseNode[] = [];
  while (!reader.accept('}')) cases.push(parseCase(reader));
  return { kind: 'switch', selector, cases, at };
}

function parseCase(reader: Reader): CaseNode {
  const { text, at } = reader.peek();
  if (text !== 'case' && text !== 'default') reader.unexpected("'case', 'default' or '}'");
  reader.take();
  const selectors: SelectorNode[] = [];
  if (text === 'default') selectors.push({ value: undefined, at });
  else {
    do {
      if (selectors.length > 0 && (reader.is(':') || reader.is('{'))) break;
      const { at: selectorAt } = reader.peek();
      selectors.push({ value: reader.accept('default') ? undefined : parseExpression(reader), at: selectorAt });
    } while (reader.accept(','));
  }
  reader.accept(':');
  return { selectors, body: parseBlock(reader, `after '${text}'`), at };
}

function parseLoop(reader: Reader): StatementNode {
  const { at } = reader.expect('loop', '');
  parseAttributes(reader);
  const { at: start } = reader.expect('{', "after 'loop'");
  return reader.nested(() => {
    const statements: StatementNode[] = [];
    let continuing: Block | undefined;
    while (!reader.is('}')) {
      if (reader.peek().kind === 'end') reader.unexpected("'}'");
      if (reader.accept(';')) continue;
      if (reader.is('continuing')) {
        continuing = parseContinuing(reader);
        break;
      }
      statements.push(parseStatement(reader));
    }
    const { at: end } = reader.expect('}', "after 'continuing'");
    return { kind: 'loop', body: { at: start, statements, end }, continuing, at };
  });
}

function parseContinuing(reader: Reader): Block {
  reader.expect('continuing', '');
  parseAttributes(reader);
  const { at } = reader.expect('{', "after 'continuing'");
  return reader.nested(() => {
    const statements: StatementNode[] = [];
    while (!reader.is('}')) {
      if (reader.peek().kind === 'end') reader.unexpected("'}'");
      if (reader.accept(';')) continue;
      if (reader.is('break') && reader.peek(1).text === 'if') {
        const { at: breakAt } = reader.take();
        reader.take();
        if (/^[;}]?$/.test(reader.peek().text)) reader.fail("'break if' needs a condition", breakAt);
        const condition = parseExpression(reader);
        reader.expect(';', "after 'break if'");
        statements.push({ kind: 'breakIf', condition, at: breakAt });
        if (!reader.is('}')) reader.unexpected("'}' after 'break if'");
      } else statements.push(parseStatement(reader));
    }
    const { at: end } = reader.take();
    return { at, statements, end };
  });
}

function parseFor(reader: Reader): ForNode {
  const { at, unroll } = reader.expect('for', '');
  reader.expect('(', "after 'for'");
  const initial = reader.is(';') ? undefined : parseSimple(reader);
  reader.expect(';', "after the first part of 'for'");
  const condition = reader.is(';') ? undefined : parseExpression(reader);
  reader.expect(';', "after the condition of 'for'");
  const update = reader.is(')') ? undefined : parseSimple(reader);
  if (update && (update.kind === 'var' || update.kind === 'let' || update.kind === 'const')) {
    reader.fail("the last part of 'for' cannot declare a name", update.at);
  }
  reader.expect(')', "to end the head of 'for'");
  return {
    kind: 'for',
    word: 'for',
    initial,
    condition,
    update,
    body: parseBlock(reader, "after the head of 'for'"),
    unroll,
    at,
  };
}

function parseWhile(reader: Reader): ForNode {
  const { at } = reader.expect('while', '');
  const condition = parseExpression(reader);
  const body = parseBlock(reader, "after the condition of 'while'");
  return { kind: 'for', word: 'while', initial: undefined, condition, update: undefined, body, unroll: false, at };
}

/** `@name` and `@name(arguments)`, any number. */
export function parseAttributes(reader: Reader): Attribute[] {
  const attributes: Attribute[] = [];
  while (reader.is('@')) {
    const { at } = reader.take();
    const name = reader.peek();
    if (!ATTRIBUTES.has(name.text)) reader.unexpected('the name of an attribute');
    reader.take();
    if (name.text === 'diagnostic') {
      parseDiagnosticControl(reader);
      attributes.push({ name: name.text, arguments: [], hasParentheses: false, at });
    } else {
      const hasParentheses = reader.accept('(');
      const args = hasParentheses ? parseList(reader, ')', 'the attribute') : [];
      attributes.push({ name: name.text, arguments: args, hasParentheses, at });
    }
  }
  return attributes;
}

const SEVERITIES = new Set(['error', 'warning', 'info', 'off']);

/** `(off, derivative_uniformity)` of an attribute or directive. */
export function parseDiagnosticControl(reader: Reader): void {
  reader.expect('(', "after 'diagnostic'");
  const severity = reader.peek();
  if (!SEVERITIES.has(severity.text)) reader.unexpected("'error', 'warning', 'info' or 'off'");
  reader.take();
  reader.expect(',', 'after the severity');
  if (reader.peek().kind !== 'name') reader.unexpected('the name of a rule');
  reader.take();
  if (reader.accept('.')) {
    if (reader.peek().kind !== 'name') reader.unexpected('the name of a rule');
    reader.take();
  }
  reader.accept(',');
  reader.expect(')', "to end 'diagnostic'");
}
