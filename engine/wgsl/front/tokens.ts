/** Source text to tokens (WGSL, §3), with template lists found as §3.9 says. */
import { WgslError } from '../errors.ts';
import { locate } from '../source.ts';

export type TokenKind = 'name' | 'number' | 'symbol' | 'end';

/** The brackets of a template list, told apart from the comparisons. */
export const TEMPLATE_OPEN = '⟨';
export const TEMPLATE_CLOSE = '⟩';

export interface Token {
  readonly kind: TokenKind;
  /** As written; the brackets of a template list are `TEMPLATE_OPEN` and `TEMPLATE_CLOSE`. */
  text: string;
  readonly at: number;
  readonly end: number;
  /** The comment before it is `// @unroll`. */
  readonly unroll: boolean;
}

/** Longer sources are refused: nobody writes them, and they must not hang a page. */
export const MAX_SOURCE_LENGTH = 200_000;

/** Names of ASCII letters are all that most sources have; the slower pattern finds the others. */
const PLAIN_NAME = /[A-Za-z_]\w*/y;
const NAME = /[\p{XID_Start}_]\p{XID_Continue}*/uy;
const BLANK = /[\s\u0085\u200e\u200f]+/y;
const LINE_COMMENT = /\/\/[^\n\v\f\r\u0085\u2028\u2029]*/y;
/** Whatever begins like a number and runs on like one; `DECIMAL` and `HEXADECIMAL` say which of these are. */
const NUMBER_LIKE = /0[xX][0-9a-fA-F.]*(?:[pP][+-]?\w*)?\w*|\.?\d[\d.]*(?:[eE][+-]?\w*)?\w*/y;
const SYMBOL = /->|<<=|>>=|\+\+|--|&&|\|\||<<|>>|[+\-*/%&|^<>=!]=|[-+*/%&|^<>=!~()[\]{}.,:;@_]/y;
const UNROLL = /^\/\/ @unroll\b/;

const DECIMAL = /^(?:0|[1-9]\d*)[iu]?$|^(?:0|[1-9]\d*)[fh]$|^(?:\d*\.\d+|\d+\.\d*)(?:[eE][+-]?\d+)?[fh]?$|^\d+[eE][+-]?\d+[fh]?$/;
const HEXADECIMAL =
  /^0[xX][\da-fA-F]+[iu]?$|^0[xX](?:[\da-fA-F]*\.[\da-fA-F]+|[\da-fA-F]+\.[\da-fA-F]*)(?:[pP][+-]?\d+[fh]?)?$|^0[xX][\da-fA-F]+[pP][+-]?\d+[fh]?$/;

/**
 * All tokens of a source, the last of kind `end`.
 * @throws WgslError at the first character that begins none
 */
export function tokenize(source: string, path: string): Token[] {
  const fail = (at: number, message: string): never => {
    throw new WgslError(path, locate(source, at), message);
  };
  if (source.length > MAX_SOURCE_LENGTH) {
    fail(0, `the source has ${source.length} characters; at most ${MAX_SOURCE_LENGTH} are taken`);
  }
  const tokens: Token[] = [];
  const templates = new TemplateFinder(tokens);
  let at = 0;
  let unroll = false;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const push = (kind: TokenKind, text: string) => {
    tokens.push({ kind, text, at, end: at + text.length, unroll });
    at += text.length;
    unroll = false;
  };

  while (at < source.length) {
    const code = source.charCodeAt(at);
    const isDigit = code >= 48 && code <= 57;
    const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code > 127;
    if (code <= 32 || code > 127) {
      const blank = match(BLANK);
      if (blank !== undefined) {
        at += blank.length;
        continue;
      }
    }
    if (isLetter) {
      const name = match(code > 127 ? NAME : PLAIN_NAME);
      // A name of ASCII letters may go on with others.
      const whole = name !== undefined && source.charCodeAt(at + name.length) > 127 ? (match(NAME) ?? name) : name;
      if (whole !== undefined && whole !== '_') {
        if (whole.startsWith('__')) fail(at, `'${shortened(whole)}': names must not begin with two underscores`);
        push('name', whole);
        continue;
      }
    }
    if (isDigit || (code === DOT && isDigitAt(source, at + 1))) {
      push('number', checkedNumber(match(NUMBER_LIKE) ?? '', at, fail));
      continue;
    }
    if (code === SLASH && source.charCodeAt(at + 1) === SLASH) {
      const comment = match(LINE_COMMENT) ?? '';
      unroll = UNROLL.test(comment);
      if (comment.includes('\0')) fail(at, 'a null character');
      at += comment.length;
      continue;
    }
    if (code === SLASH && source[at + 1] === '*') {
      at = endOfBlockComment(source, at) ?? fail(at, 'this block comment is not closed');
      continue;
    }
    const character = source[at] ?? '';
    const symbol = templates.closes(character) ? TEMPLATE_CLOSE : ALONE.has(character) ? character : match(SYMBOL);
    if (symbol === undefined) return fail(at, `unexpected ${describe(source, at)}`);
    push('symbol', symbol);
    templates.see(symbol);
  }
  // The end lies behind the last line, not on an empty one after it.
  at = source.length - (/(?:\r\n|[\n\v\f\r\u0085\u2028\u2029])?$/.exec(source)?.[0].length ?? 0);
  push('end', '');
  return tokens;
}

/** Symbols that begin no longer one. */
const ALONE = new Set('()[]{}.,:;@~');
/** Symbols that no template list contains. */
const ENDS_TEMPLATES = new Set([';', '{', ':', '=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);
const DOT = 46;
const SLASH = 47;

function isDigitAt(source: string, at: number): boolean {
  const code = source.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** A template list opens at a `<` after a name and ends at the `>` of the same nesting, unless an operator that cannot be in one comes first. */
class TemplateFinder {
  readonly #tokens: Token[];
  #open: { token: Token; depth: number }[] = [];
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  /** Whether this character ends a template list. */
  closes(character: string | undefined): boolean {
    return character === '>' && this.#open.at(-1)?.depth === this.#depth;
  }

  see(symbol: string): void {
    if (symbol === TEMPLATE_CLOSE) {
      const opened = this.#open.pop();
      if (opened) opened.token.text = TEMPLATE_OPEN;
    } else if (symbol === '<') {
      const token = this.#tokens.at(-1);
      if (token && this.#tokens.at(-2)?.kind === 'name') this.#open.push({ token, depth: this.#depth });
    } else if (symbol === '(' || symbol === '[') this.#depth++;
    else if (symbol === ')' || symbol === ']') {
      this.#drop();
      this.#depth = Math.max(0, this.#depth - 1);
    } else if (symbol === '&&' || symbol === '||') this.#drop();
    else if (ENDS_TEMPLATES.has(symbol)) {
      this.#depth = 0;
      this.#open = [];
    }
  }

  #drop(): void {
    while ((this.#open.at(-1)?.depth ?? -1) >= this.#depth) this.#open.pop();
  }
}

/** WGSL's block comments nest. */
function endOfBlockComment(source: string, start: number): number | undefined {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(source); found; found = mark.exec(source)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return undefined;
}

function checkedNumber(text: string, at: number, fail: (at: number, message: string) => never): string {
  const valid = /^0[xX]/.test(text) ? HEXADECIMAL : DECIMAL;
  if (valid.test(text)) return text;
  return fail(at, `'${shortened(text)}' is no number of WGSL`);
}

function describe(source: string, at: number): string {
  const code = source.codePointAt(at) ?? 0;
  const printable = code > 32 && code !== 127 && !(code >= 0xd800 && code <= 0xdfff);
  return printable
    ? `character '${String.fromCodePoint(code)}'`
    : `character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
