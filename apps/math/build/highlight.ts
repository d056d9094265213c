import type { BuiltLine, MathTerm, TermMatch } from '../card.ts';
import type { LineRange } from './region.ts';
import { type Language, type TokenKind, tokenize } from './tokens.ts';

/** One letter per token kind: the class of its span. Names and punctuation stay plain. */
const classes: Partial<Record<TokenKind, string>> = {
  comment: 'c',
  string: 's',
  number: 'n',
  keyword: 'k',
  type: 't',
  function: 'f',
  attribute: 't',
};

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c] as string);

/** The matches of a term for one language. */
export function matchesOf(term: MathTerm, language: Language): readonly (string | RegExp)[] {
  const { code } = term;
  const match: TermMatch | undefined = typeof code === 'object' && 'typescript' in code ? code[language] : code;
  if (match === undefined) return [];
  return typeof match === 'string' || match instanceof RegExp ? [match] : match;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly term: string;
}

/** The source with comments and strings blanked out, so that a regular expression meets code only. Offsets are kept. */
function codeOnly(source: string, language: Language): string {
  return tokenize(source, language)
    .map((t) => (t.kind === 'comment' || t.kind === 'string' ? t.text.replace(/[^\n]/g, ' ') : t.text))
    .join('');
}

/** Where the terms stand in a source, sorted; of two that overlap the first, and then the longer one, wins. A name after a dot is a
 * field (`id.x`), not the term, unless the match spells it out (`params.epsilon`). */
export function termSpans(source: string, language: Language, terms: readonly MathTerm[]): Span[] {
  const spans: Span[] = [];
  const code = codeOnly(source, language);
  for (const term of terms) {
    for (const match of matchesOf(term, language)) {
      const pattern =
        typeof match === 'string'
          ? new RegExp(`(?<![\\p{L}\\p{N}_$.])${match.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}_$])`, 'gu')
          : new RegExp(match.source, match.flags.includes('g') ? match.flags : `${match.flags}g`);
      for (const found of code.matchAll(pattern)) {
        if (found[0].length > 0) spans.push({ from: found.index, to: found.index + found[0].length, term: term.id });
      }
    }
  }
  spans.sort((a, b) => a.from - b.from || b.to - a.to);
  let end = 0;
  return spans.filter((span) => {
    if (span.from < end) return false;
    end = span.to;
    return true;
  });
}

/** Highlighted lines of the given ranges of a source, with terms marked. A line break inside a token or a term closes and reopens its span. */
export function highlight(
  source: string,
  language: Language,
  terms: readonly MathTerm[],
  ranges: readonly LineRange[],
): BuiltLine[] {
  const lines: string[] = [];
  let line = '';
  let open = '';
  const spans = termSpans(source, language, terms);
  let next = 0;
  const emit = (text: string, kind: TokenKind) => {
    const cls = classes[kind];
    for (const [i, piece] of text.split('\n').entries()) {
      if (i > 0) {
        lines.push(open ? `${line}</span>` : line);
        line = open;
      }
      if (piece) line += cls ? `<span class="${cls}">${escapeHtml(piece)}</span>` : escapeHtml(piece);
    }
  };
  for (const token of tokenize(source, language)) {
    let at = token.at;
    const end = token.at + token.text.length;
    while (at < end) {
      const span = spans[next];
      if (open && span && at >= span.to) {
        line += '</span>';
        open = '';
        next++;
        continue;
      }
      if (!open && span && at >= span.from) {
        open = `<span data-term="${span.term}">`;
        line += open;
      }
      const stop = Math.min(end, span ? (at >= span.from ? span.to : span.from) : end);
      emit(source.slice(at, stop), token.kind);
      at = stop;
    }
    const span = spans[next];
    if (open && span && at >= span.to) {
      line += '</span>';
      open = '';
      next++;
    }
  }
  if (open) line += '</span>';
  lines.push(line);
  return ranges.flatMap(({ from, to }) => lines.slice(from, to).map((html, i) => ({ number: from + i + 1, html })));
}
