/** A small WGSL scanner, enough for finding uses of names and for expanding loops. Not a parser: wgsl_reflect is that. */

export type TokenKind = 'name' | 'number' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offsets in the source. */
  readonly start: number;
  readonly end: number;
}

/** A `.wgsl` file breaks one of the rules of this repository. The message begins with `file:line`. */
export class ShaderBuildError extends Error {
  override name = 'ShaderBuildError';
  readonly path: string;
  readonly line: number;

  constructor(path: string, line: number, message: string) {
    super(`${path}:${line}: ${message}`);
    this.path = path;
    this.line = line;
  }
}

/** Line (from 1) of an offset. */
export function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset && i < source.length; i++) if (source[i] === '\n') line++;
  return line;
}

const TOKEN =
  /(?<space>\s+|\/\/[^\n]*)|(?<open>\/\*)|(?<number>0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)?[iufh]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[iufh]?)|(?<name>[A-Za-z_]\w*)|(?<punctuation><<=|>>=|\+\+|--|&&|\|\||->|[+\-*/%&|^<>=!]=|<<|>>|[^\s\w])/y;

/** Tokens of `source` without comments. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match?.groups) throw new SyntaxError(`unexpected character at offset ${at}`);
    const text = match[0];
    const start = at;
    at += text.length;
    if (match.groups.open !== undefined) at = endOfBlockComment(source, start);
    else if (match.groups.space === undefined) {
      const kind = match.groups.name !== undefined ? 'name' : match.groups.number !== undefined ? 'number' : 'punctuation';
      tokens.push({ kind, text, start, end: at });
    }
  }
  return tokens;
}

/** WGSL block comments nest. */
function endOfBlockComment(source: string, start: number): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const pair = source.slice(i, i + 2);
    if (pair === '/*') {
      depth++;
      i++;
    } else if (pair === '*/') {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return source.length;
}

/** Index of the bracket that closes the one at `open`; -1 where none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const text = tokens[i]?.text;
    if (text === '(' || text === '[' || text === '{') depth++;
    else if (text === ')' || text === ']' || text === '}') {
      depth--;
      if (depth === 0) return i;
    }
  }
  return -1;
}
