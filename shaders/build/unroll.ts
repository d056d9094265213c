/**
 * Expands the loops marked `// @unroll`. WGSL cannot ask for unrolling, and private arrays indexed by a running variable are
 * several times slower on some devices than the same array indexed by literals.
 *
 * The loop must count a `var` of its own from a constant to a constant by a constant step; each iteration becomes a block in
 * which the loop variable is a literal and constant indices are folded: `acc[i * 2u + 1u]` becomes `acc[7u]`.
 */
import { type Constant, evaluate, print } from './fold.ts';
import { closing, ShaderBuildError, type Token, tokenize } from './tokens.ts';

const MARK = /^([ \t]*)\/\/ @unroll\b[^\n]*\n/m;
const MAX_ITERATIONS = 1024;
const MAX_LENGTH = 2_000_000;

interface Loop {
  readonly variable: string;
  readonly values: readonly Constant[];
  /** Tokens of the body, between its braces. */
  readonly body: readonly Token[];
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly end: number;
}

/**
 * @param path named in errors
 * @returns the file with every marked loop expanded; the same string where none is marked
 * @throws ShaderBuildError where a marked loop cannot be expanded
 */
export function unroll(source: string, path: string): string {
  const constants = moduleConstants(source);
  const marks = source.split('\n').flatMap((text, i) => (MARK.test(`${text}\n`) ? [i + 1] : []));
  let text = source;
  let line = marks[0] ?? 1;
  for (let mark = MARK.exec(text); mark; mark = MARK.exec(text)) {
    // Outer loops are expanded first, so the bounds of an inner loop may use the outer variable. Only the first pass over a
    // mark still knows its line; copies of an inner mark report the last line known.
    line = marks.find((at) => at >= line) ?? line;
    const start = mark.index + mark[0].length;
    const loop = readLoop(text, start, constants, (message) => new ShaderBuildError(path, line, `@unroll: ${message}`));
    text = text.slice(0, mark.index) + expand(text, loop, mark[1] ?? '', constants) + text.slice(loop.end);
    if (text.length > MAX_LENGTH) throw new ShaderBuildError(path, line, `@unroll: the file grows past ${MAX_LENGTH} characters`);
  }
  return text;
}

/** Module-scope `const` integers, which loop bounds and indices may use. */
function moduleConstants(source: string): Map<string, Constant> {
  const constants = new Map<string, Constant>();
  const tokens = tokenize(source);
  for (let i = 0, depth = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.text === '{') depth++;
    else if (token?.text === '}') depth--;
    else if (token?.text === 'const' && depth === 0) {
      const name = tokens[i + 1]?.text ?? '';
      const equals = tokens.findIndex((t, at) => at > i && t.text === '=');
      const end = tokens.findIndex((t, at) => at > i && t.text === ';');
      const value = evaluate(tokens.slice(equals + 1, end), constants);
      const written = tokens[i + 2]?.text === ':' ? tokens[i + 3]?.text : undefined;
      const type = written === 'u32' ? 'u' : written === 'i32' ? 'i' : written === undefined ? value?.type : undefined;
      if (value && type !== undefined && !redeclared(tokens, name, i + 1)) constants.set(name, { value: value.value, type });
    }
  }
  return constants;
}

/** Whether a parameter or local of the same name may hide the constant somewhere. */
function redeclared(tokens: readonly Token[], name: string, declaration: number): boolean {
  return tokens.some((token, i) => {
    if (token.text !== name || i === declaration) return false;
    const before = tokens[i - 1]?.text ?? '';
    return /^(let|var|const|>)$/.test(before)
      ? before !== '>' || tokens[i - 3]?.text === '<'
      : /^[(,]$/.test(before) && tokens[i + 1]?.text === ':';
  });
}

/** Reads the `for` that begins at `start`. */
function readLoop(text: string, start: number, constants: Map<string, Constant>, error: (message: string) => Error): Loop {
  const tokens = tokenize(text.slice(start)).map((t) => ({ ...t, start: t.start + start, end: t.end + start }));
  if (tokens[0]?.text !== 'for' || tokens[1]?.text !== '(') throw error('the next line must begin a for loop');
  const headEnd = closing(tokens, 1);
  const bodyEnd = closing(tokens, headEnd + 1);
  if (tokens[headEnd + 1]?.text !== '{' || bodyEnd < 0) throw error('the loop has no closed body');
  const [init = [], test = [], update = []] = split(tokens.slice(2, headEnd), ';');
  const words = (part: readonly Token[]) => part.map((t) => t.text).join(' ');

  const variable = init[1]?.text ?? '';
  const equals = init.findIndex((t) => t.text === '=');
  const first = evaluate(init.slice(equals + 1), constants);
  if (init[0]?.text !== 'var' || init[1]?.kind !== 'name' || !first) throw error(`'${words(init)}' is no 'var i = constant'`);
  const written = init[2]?.text === ':' ? init[3]?.text : undefined;
  // A `var` without a type takes an abstract integer as i32.
  const type = written === 'u32' ? 'u' : written === 'i32' ? 'i' : first.type === '' ? 'i' : first.type;
  const last = evaluate(test.slice(2), constants);
  const compare = test[1]?.text ?? '';
  if (test[0]?.text !== variable || !['<', '<=', '>', '>='].includes(compare) || !last) {
    throw error(`'${words(test)}' does not compare '${variable}' with a constant`);
  }
  const operator = update[1]?.text ?? '';
  const size = operator === '++' || operator === '--' ? 1 : evaluate(update.slice(2), constants)?.value;
  const up = operator === '++' || operator === '+=';
  if (update[0]?.text !== variable || !(up || operator === '--' || operator === '-=') || !size || size < 1) {
    throw error(`'${words(update)}' is no constant step of '${variable}'`);
  }

  const values: Constant[] = [];
  const holds = (value: number) =>
    compare === '<'
      ? value < last.value
      : compare === '<='
        ? value <= last.value
        : compare === '>'
          ? value > last.value
          : value >= last.value;
  let value = first.value;
  for (; holds(value); value += up ? size : -size) {
    values.push({ value, type });
    if (values.length > MAX_ITERATIONS) throw error(`more than ${MAX_ITERATIONS} iterations`);
  }
  if (type === 'u' && value < 0) throw error(`'${variable}' passes below zero, which a u32 never does`);

  const body = tokens.slice(headEnd + 2, bodyEnd);
  checkBody(body, variable, error);
  const open = tokens[headEnd + 1] as Token;
  const close = tokens[bodyEnd] as Token;
  return { variable, values, body, bodyStart: open.end, bodyEnd: close.start, end: close.end };
}

/** What would change its meaning in a block of its own: leaving the loop, or a loop variable that is written or hidden. */
function checkBody(body: readonly Token[], variable: string, error: (message: string) => Error): void {
  const owners: string[] = [];
  let owner = '';
  body.forEach((token, i) => {
    const before = body[i - 1]?.text ?? '';
    const after = body[i + 1]?.text ?? '';
    if (['for', 'while', 'loop', 'switch'].includes(token.text)) owner = token.text;
    else if (token.text === '{') {
      owners.push(owner);
      owner = '';
    } else if (token.text === '}') owners.pop();
    else if (token.text === 'continue' && !owners.some((o) => o === 'for' || o === 'while' || o === 'loop')) {
      throw error("'continue' leaves the iteration");
    } else if (token.text === 'break' && !owners.some((o) => o !== '')) throw error("'break' leaves the loop");
    else if (token.text === variable && before !== '.') {
      if (['let', 'var', 'const'].includes(before)) throw error(`'${variable}' is declared again inside the loop`);
      if (before === '&' && /^[(,=]$/.test(body[i - 2]?.text ?? '')) throw error(`the address of '${variable}' is taken`);
      if (/^([+\-*/%&|^]?=|<<=|>>=|\+\+|--)$/.test(after)) throw error(`'${variable}' is written inside the loop`);
    }
  });
}

function expand(text: string, loop: Loop, indent: string, constants: Map<string, Constant>): string {
  const blocks = loop.values.map((value) => {
    const names = new Map(constants).set(loop.variable, value);
    return `${indent}{ /* ${loop.variable} = ${value.value} */${substitute(text, loop, value, names)}}`;
  });
  return blocks.join('\n');
}

/** The body with the loop variable replaced and constant indices folded. Comments and layout stay. */
function substitute(text: string, loop: Loop, value: Constant, names: Map<string, Constant>): string {
  let out = '';
  let at = loop.bodyStart;
  for (let i = 0; i < loop.body.length; i++) {
    const token = loop.body[i] as Token;
    if (token.text === '[') {
      const close = closing(loop.body, i);
      const index = loop.body.slice(i + 1, close);
      const folded = index.length > 1 ? evaluate(index, names) : undefined;
      if (folded && index.some((t) => t.kind === 'number' || t.text === loop.variable)) {
        out += `${text.slice(at, token.end)}${print(folded)}`;
        at = (loop.body[close] as Token).start;
        i = close - 1;
      }
    } else if (token.text === loop.variable && loop.body[i - 1]?.text !== '.') {
      out += text.slice(at, token.start) + print(value);
      at = token.end;
    }
  }
  return out + text.slice(at, loop.bodyEnd);
}

function split(tokens: readonly Token[], separator: string): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === separator) parts.push([]);
    else parts[parts.length - 1]?.push(token);
  }
  return parts;
}
