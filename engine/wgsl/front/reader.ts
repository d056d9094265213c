/** A cursor over the tokens, with the errors that a parser reports. */
import { WgslError, WgslSubsetError } from '../errors.ts';
import { locate } from '../source.ts';
import { TEMPLATE_CLOSE, TEMPLATE_OPEN, type Token, tokenize } from './tokens.ts';
import { KEYWORDS, RESERVED } from './words.ts';

/** How deep expressions, and statements, may be nested in the text; as in Dawn. */
const MAX_NESTING = 127;
/** How many expressions may lie within one another, chains as `a + b + c` included; as in Dawn. */
const MAX_DEPTH = 512;

export class Reader {
  readonly source: string;
  readonly path: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #nesting = 0;

  constructor(source: string, path: string) {
    this.source = source;
    this.path = path;
    this.#tokens = tokenize(source, path);
  }

  /** The token to come, or one further on; at the end, the last. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.peek();
    if (this.#next < this.#tokens.length - 1) this.#next++;
    return token;
  }

  /** Whether the next token is this symbol or keyword. */
  is(text: string): boolean {
    return this.peek().text === text;
  }

  /** Takes the next token where it is `text`. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  expect(text: string, where: string): Token {
    if (!this.is(text)) this.fail(`expected '${written(text)}' ${where}, found ${this.#found()}`);
    return this.take();
  }

  /** A name that a declaration gives. */
  declaredName(what: string): Token {
    const token = this.peek();
    if (token.kind !== 'name') this.fail(`expected the name of ${what}, found ${this.#found()}`);
    if (KEYWORDS.has(token.text)) this.fail(`'${token.text}' is a keyword and cannot be the name of ${what}`);
    if (RESERVED.has(token.text)) this.fail(`'${token.text}' is a reserved word and cannot be the name of ${what}`);
    return this.take();
  }

  unexpected(expected: string): never {
    return this.fail(`expected ${expected}, found ${this.#found()}`);
  }

  fail(message: string, at = this.peek().at): never {
    throw new WgslError(this.path, locate(this.source, at), message);
  }

  outside(construct: string, message: string, at = this.peek().at): never {
    throw new WgslSubsetError(this.path, locate(this.source, at), construct, message);
  }

  /** Parses something one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.#nesting >= MAX_NESTING) this.fail(`nested more than ${MAX_NESTING} levels deep`);
    this.#nesting++;
    const result = parse();
    this.#nesting--;
    return result;
  }

  /** Depth of an expression that contains these. */
  depth(...parts: readonly { readonly depth: number }[]): number {
    let deepest = 0;
    for (const part of parts) deepest = Math.max(deepest, part.depth);
    if (deepest >= MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} expressions lie within one another`);
    return deepest + 1;
  }

  #found(): string {
    const token = this.peek();
    if (token.kind === 'end') return 'the end of the source';
    return `'${written(token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text)}'`;
  }
}

function written(text: string): string {
  return text === TEMPLATE_OPEN ? '<' : text === TEMPLATE_CLOSE ? '>' : text;
}
