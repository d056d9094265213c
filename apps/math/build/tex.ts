import temml from 'temml';
import { MathCardError } from './errors.ts';

/** Index of the brace that closes the one at `open`, or -1. `\{` and `\}` do not count. */
function closingBrace(tex: string, open: number): number {
  let depth = 0;
  for (let i = open; i < tex.length; i++) {
    if (tex[i] === '\\') i++;
    else if (tex[i] === '{') depth++;
    else if (tex[i] === '}' && --depth === 0) return i;
  }
  return -1;
}

/**
 * Expands `\term{id}{body}` to Temml's `\data{term=id}{body}` and lists the ids in order of appearance. Terms may nest.
 * @throws MathCardError where a brace is missing or an id is not made of letters, digits and dashes
 */
export function expandTerms(tex: string, card: string): { tex: string; ids: string[] } {
  const ids: string[] = [];
  let out = '';
  let at = 0;
  for (;;) {
    const start = tex.indexOf('\\term{', at);
    if (start < 0) break;
    const idEnd = closingBrace(tex, start + 5);
    const bodyEnd = tex[idEnd + 1] === '{' ? closingBrace(tex, idEnd + 1) : -1;
    if (idEnd < 0 || bodyEnd < 0) throw new MathCardError(card, `unbalanced braces after '${tex.slice(start, start + 20)}'`);
    const id = tex.slice(start + 6, idEnd);
    if (!/^[A-Za-z][\w-]*$/.test(id)) throw new MathCardError(card, `'${id}' is no term id`);
    const inner = expandTerms(tex.slice(idEnd + 2, bodyEnd), card);
    ids.push(id, ...inner.ids);
    out += `${tex.slice(at, start)}\\data{term=${id}}{${inner.tex}}`;
    at = bodyEnd + 1;
  }
  return { tex: out + tex.slice(at), ids };
}

/** TeX with the term tags taken out: what the *copy TeX* button gives. */
export function plainTex(tex: string, card: string): string {
  return expandTerms(tex, card).tex.replace(/\\data\{term=[\w-]+\}/g, '');
}

/**
 * One displayed equation as MathML whose tagged nodes carry `data-term`.
 * @throws MathCardError with Temml's message where the TeX is wrong
 */
export function renderTex(tex: string, card: string): { mathml: string; ids: string[] } {
  const expanded = expandTerms(tex, card);
  try {
    const mathml = temml.renderToString(expanded.tex, { displayMode: true, trust: true, throwOnError: true });
    // Temml's inline style names a display that its own style sheet needs; the card's styles lay the equation out.
    return { mathml: mathml.replace(/ style="display:block math;"/, ''), ids: expanded.ids };
  } catch (error) {
    throw new MathCardError(card, `TeX '${tex}': ${(error as Error).message}`);
  }
}
