import type { BuiltCard, BuiltLine, BuiltSource, MathCard, MathTerm, SourcePart } from '../card.ts';
import { MathCardError } from './errors.ts';
import { highlight } from './highlight.ts';
import { findRegion, type LineRange } from './region.ts';
import { plainTex, renderTex } from './tex.ts';
import type { Language } from './tokens.ts';

/** What the build of a card reads: files by their path from the repository root, and the expander of `// @unroll` loops. */
export interface CardSources {
  /** @throws where the file does not exist */
  read(file: string): string;
  unroll(wgsl: string, path: string): string;
}

/** The line ranges of the parts a card shows, sorted, without overlaps. */
function rangesOf(part: SourcePart, source: string, language: Language, card: string): LineRange[] {
  if (!part.parts) return [{ from: 0, to: source.replace(/\n$/, '').split('\n').length }];
  const ranges = part.parts.map((name) => findRegion(source, name, language, card, part.file)).sort((a, b) => a.from - b.from);
  const merged: { from: number; to: number }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

const marked = (lines: readonly BuiltLine[], term: string) => lines.some((line) => line.html.includes(`data-term="${term}"`));

function buildSource(part: SourcePart, language: Language, card: MathCard, sources: CardSources): BuiltSource {
  let source: string;
  try {
    source = sources.read(part.file);
  } catch (error) {
    throw new MathCardError(card.id, `cannot read ${part.file}: ${(error as Error).message}`);
  }
  const lines = highlight(source, language, card.terms, rangesOf(part, source, language, card.id));
  for (const term of card.terms) {
    if (!marked(lines, term.id)) {
      const shown = part.parts ? ` (${part.parts.join(', ')})` : '';
      throw new MathCardError(card.id, `term '${term.id}' has no partner in ${part.file}${shown}`);
    }
  }
  const label = part.label ?? (part.file.split('/').at(-1) as string);
  const built = { file: part.file, label, language, lines };
  if (language !== 'wgsl') return built;
  const expanded = sources.unroll(source, part.file);
  if (expanded === source) return built;
  return { ...built, unrolled: highlight(expanded, language, card.terms, rangesOf(part, expanded, language, card.id)) };
}

function checkTerms(card: MathCard, inTex: readonly string[]): void {
  const declared = new Set<string>();
  for (const term of card.terms) {
    if (declared.has(term.id)) throw new MathCardError(card.id, `term '${term.id}' is declared twice`);
    declared.add(term.id);
    if (!inTex.includes(term.id)) throw new MathCardError(card.id, `term '${term.id}' has no partner in the equation`);
  }
  for (const id of inTex) {
    if (!declared.has(id)) throw new MathCardError(card.id, `\\term{${id}} of the equation is not among its terms`);
  }
}

const publicTerm = ({ id, label, description, symbol }: MathTerm) => ({ id, label, description, symbol });

/**
 * Renders a card: MathML, highlighted sources, marked terms.
 * @throws MathCardError naming card, term and file where a term lacks a partner in a pane, a file is missing or the TeX is wrong
 */
export function buildCard(card: MathCard, sources: CardSources): BuiltCard {
  if (card.typescript.length === 0) throw new MathCardError(card.id, 'it shows no TypeScript');
  const equations = card.tex.map((tex) => renderTex(tex, card.id));
  checkTerms(
    card,
    equations.flatMap((equation) => equation.ids),
  );
  return {
    id: card.id,
    title: card.title,
    mathml: equations.map((equation) => equation.mathml),
    tex: card.tex.map((tex) => plainTex(tex, card.id)),
    reference: card.reference,
    indices: card.indices ?? [],
    terms: card.terms.map(publicTerm),
    typescript: card.typescript.map((part) => buildSource(part, 'typescript', card, sources)),
    wgsl: (card.wgsl ?? []).map((part) => buildSource(part, 'wgsl', card, sources)),
  };
}
