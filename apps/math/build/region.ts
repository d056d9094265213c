import { MathCardError } from './errors.ts';
import { type Language, type Token, tokenize } from './tokens.ts';

/** A range of whole lines, counted from 0, `to` excluded. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

const openers = new Set(['{', '(', '[']);
const closers = new Set(['}', ')', ']']);

const nextText = (tokens: readonly Token[], from: number): string | undefined =>
  tokens.slice(from, from + 6).find((token) => token.kind !== 'space' && token.kind !== 'comment')?.text;

/**
 * Index after the declaration named by token `start`. With a body (function, class, struct, method) it ends with the brace that
 * closes the body, otherwise with `;`, or for a member with `,` or before the brace that closes its object.
 */
function endOfDeclaration(tokens: readonly Token[], start: number, hasBody: boolean, member: boolean): number {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as Token;
    if (kind !== 'punctuation') continue;
    if (openers.has(text)) depth++;
    else if (closers.has(text)) depth--;
    if (depth < 0) return i;
    if (depth > 0) continue;
    // A brace followed by another brace is an object type before the body.
    if (hasBody && text === '}' && nextText(tokens, i + 1) !== '{') return i + 1;
    if (text === ';' || (member && text === ',')) return i + 1;
  }
  return tokens.length;
}

const declares: Record<Language, ReadonlySet<string>> = {
  typescript: new Set(['const', 'let', 'function', 'class', 'interface', 'type']),
  wgsl: new Set(['fn', 'struct', 'const', 'override', 'var', 'alias']),
};

const bodied = new Set(['function', 'class', 'interface', 'fn', 'struct']);

const beforeMember = new Set([
  '{',
  ',',
  ';',
  '}',
  'async',
  'override',
  'static',
  'get',
  'set',
  'readonly',
  'private',
  'protected',
  'public',
]);

interface Declaration {
  readonly at: number;
  readonly hasBody: boolean;
}

/** Where `name` is declared within [from, to): at the top level, or as a member of the object or class that starts there. */
function findDeclaration(
  tokens: readonly Token[],
  name: string,
  member: boolean,
  from: number,
  to: number,
  language: Language,
): Declaration | undefined {
  let depth = 0;
  let before = '';
  for (let at = from; at < to; at++) {
    const token = tokens[at] as Token;
    if (token.kind === 'space' || token.kind === 'comment') continue;
    if (openers.has(token.text)) depth++;
    else if (closers.has(token.text)) depth--;
    else if (token.text === name) {
      const next = nextText(tokens, at + 1) ?? '';
      if (member && depth > 0 && depth <= 3 && beforeMember.has(before) && ['(', ':', ',', '='].includes(next)) {
        return { at, hasBody: next === '(' };
      }
      // `var<private> name` declares after a `>`.
      if (!member && depth === 0 && (declares[language].has(before) || before === '>'))
        return { at, hasBody: bodied.has(before) };
    }
    // A generator is declared by `function*`.
    if (token.text !== '*' || before !== 'function') before = token.text;
  }
  return undefined;
}

const lineOf = (source: string, offset: number) => source.slice(0, offset).split('\n').length - 1;

/** First line of the comments and attributes that stand directly above `line`. */
function withLeadingComment(lines: readonly string[], line: number): number {
  let from = line;
  while (from > 0 && /^\s*(\/\/|\/\*|\*|@)/.test(lines[from - 1] as string)) from--;
  return from;
}

/**
 * Where the declaration `name` (or the member `outer.inner`) stands in a source, with the comments above it.
 * @throws MathCardError where the file does not declare it
 */
export function findRegion(source: string, name: string, language: Language, card: string, file: string): LineRange {
  const tokens = tokenize(source, language);
  let from = 0;
  let to = tokens.length;
  let start = 0;
  for (const [level, part] of name.split('.').entries()) {
    const found = findDeclaration(tokens, part, level > 0, from, to, language);
    if (!found) throw new MathCardError(card, `${file} does not declare '${name}'`);
    start = found.at;
    to = endOfDeclaration(tokens, start, found.hasBody, level > 0);
    from = start + 1;
  }
  let last = to - 1;
  while (tokens[last]?.kind === 'space') last--;
  const startLine = lineOf(source, (tokens[start] as Token).at);
  return { from: withLeadingComment(source.split('\n'), startLine), to: lineOf(source, (tokens[last] as Token).at) + 1 };
}
