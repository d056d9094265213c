/**
 * A small tokeniser for TypeScript and WGSL, used at build time only: enough for highlighting and for finding declarations.
 * The concatenated token texts are the source, unchanged.
 */
export type Language = 'typescript' | 'wgsl';
export type TokenKind =
  | 'comment'
  | 'string'
  | 'number'
  | 'keyword'
  | 'type'
  | 'name'
  | 'function'
  | 'attribute'
  | 'space'
  | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the source. */
  readonly at: number;
}

const words = (list: string) => new Set(list.split(' '));

const keywords: Record<Language, ReadonlySet<string>> = {
  typescript: words(
    'abstract as async await break case catch class const continue declare default delete do else export extends false finally for from function get if implements import in instanceof interface keyof let new null of override private protected public readonly return satisfies set static super switch this throw true try type typeof undefined using var void while yield',
  ),
  wgsl: words(
    'alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if let loop override requires return struct switch true var while',
  ),
};

const types: Record<Language, ReadonlySet<string>> = {
  typescript: words(
    'any bigint boolean never number object string symbol unknown Array ReadonlyArray Record Partial Promise Float32Array Float64Array Int32Array Uint32Array Uint8Array Uint8ClampedArray',
  ),
  wgsl: words(
    'array atomic bool f16 f32 i32 u32 ptr vec2 vec3 vec4 vec2f vec3f vec4f vec2u vec3u vec4u vec2i vec3i vec4i mat2x2f mat3x3f mat4x4f storage uniform function private workgroup read read_write',
  ),
};

const patterns: Record<Language, RegExp> = {
  typescript:
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|(?<number>\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)n?)|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|(?<space>\s+)|(?<punctuation>.)/gu,
  wgsl: /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<attribute>@\w+)|(?<number>\b(?:0[xX][\da-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)[iufh]?)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<space>\s+)|(?<punctuation>.)/gu,
};

function kindOfWord(text: string, after: string, language: Language): TokenKind {
  if (keywords[language].has(text)) return 'keyword';
  if (types[language].has(text)) return 'type';
  return /^\s*\(/.test(after) ? 'function' : 'name';
}

/** Splits a source into tokens. Template literals are one string each, which is enough for showing them. */
export function tokenize(source: string, language: Language): Token[] {
  const tokens: Token[] = [];
  for (const match of source.matchAll(patterns[language])) {
    const text = match[0];
    const at = match.index;
    const groups = match.groups as Record<string, string | undefined>;
    const group = Object.keys(groups).find((name) => groups[name] !== undefined) as string;
    const kind =
      group === 'word' ? kindOfWord(text, source.slice(at + text.length, at + text.length + 3), language) : (group as TokenKind);
    tokens.push({ kind, text, at });
  }
  return tokens;
}
