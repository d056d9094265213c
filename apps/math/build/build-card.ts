import type { BuiltCard, BuiltLine, BuiltSource, MathCard, MathTerm, PartName, SourcePart } from '../card.ts';
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
  /** Names of the files in a folder, sorted. */
  list(folder: string): readonly string[];
}

const nameOf = (part: PartName): string => (typeof part === 'string' ? part : part.name);

/** The range of a declaration, or its first and last line and the matching ones between them. */
function partRanges(
  part: PartName,
  lines: readonly string[],
  source: string,
  language: Language,
  card: string,
  file: string,
): LineRange[] {
  const whole = findRegion(source, nameOf(part), language, card, file);
  if (typeof part === 'string') return [whole];
  const kept = lines.slice(whole.from, whole.to).flatMap((line, i) => (part.lines.test(line) ? [whole.from + i] : []));
  if (kept.length === 0) throw new MathCardError(card, `no line of '${part.name}' in ${file} matches ${part.lines}`);
  return [...new Set([whole.from, ...kept, whole.to - 1])].map((line) => ({ from: line, to: line + 1 }));
}

/** The line ranges of the parts a card shows, sorted, without overlaps. */
function rangesOf(part: SourcePart, source: string, language: Language, card: string): LineRange[] {
  if (!part.parts) return [{ from: 0, to: source.replace(/\n$/, '').split('\n').length }];
  const lines = source.split('\n');
  const ranges = part.parts
    .flatMap((name) => partRanges(name, lines, source, language, card, part.file))
    .sort((a, b) => a.from - b.from);
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
  for (const id of part.terms ?? card.terms.map((term) => term.id)) {
    if (!marked(lines, id)) {
      const shown = part.parts ? ` (${part.parts.map(nameOf).join(', ')})` : '';
      throw new MathCardError(card.id, `term '${id}' has no partner in ${part.file}${shown}`);
    }
  }
  const terms = card.terms.map((term) => term.id).filter((id) => marked(lines, id));
  const label = part.label ?? (part.file.split('/').at(-1) as string);
  const built = { file: part.file, label, language, terms, lines };
  if (language !== 'wgsl') return built;
  const expanded = sources.unroll(source, part.file);
  if (expanded === source) return built;
  const unrolled = highlight(expanded, language, card.terms, rangesOf(part, expanded, language, card.id));
  // What is shown may hold no loop to unroll, though the file does.
  const same = unrolled.length === lines.length && unrolled.every((line, i) => line.html === lines[i]?.html);
  return same ? built : { ...built, unrolled };
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

/** The rungs of a ladder that the card does not list itself. `3-register-tile.wgsl` is labelled `register-tile`, as its variant is. */
function rungs(card: MathCard, sources: CardSources): SourcePart[] {
  const { ladder } = card;
  if (!ladder) return [];
  const listed = new Set(card.wgsl?.map((part) => part.file));
  return sources
    .list(ladder)
    .filter((name) => name.endsWith('.wgsl') && !listed.has(`${ladder}/${name}`))
    .map((name) => ({ file: `${ladder}/${name}`, label: name.replace(/^\d+-|\.wgsl$/g, ''), terms: [] }));
}

/** Every term in some file of the pane. */
function checkPane(card: MathCard, pane: string, sources: readonly BuiltSource[]): void {
  const missing = card.terms.find((term) => !sources.some((source) => source.terms.includes(term.id)));
  if (missing) throw new MathCardError(card.id, `term '${missing.id}' has no partner in any ${pane} file of the card`);
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
  const typescript = card.typescript.map((part) => buildSource(part, 'typescript', card, sources));
  const wgsl = [...(card.wgsl ?? []), ...rungs(card, sources)].map((part) => buildSource(part, 'wgsl', card, sources));
  checkPane(card, 'TypeScript', typescript);
  if (card.wgsl) checkPane(card, 'WGSL', wgsl);
  return {
    id: card.id,
    title: card.title,
    why: card.why,
    mathml: equations.map((equation) => equation.mathml),
    tex: card.tex.map((tex) => plainTex(tex, card.id)),
    reference: card.reference,
    indices: card.indices ?? [],
    terms: card.terms.map(publicTerm),
    typescript,
    wgsl,
  };
}
