/** Symbols of parameters as MathML, without a typesetting library: `η`, `β_1`, `w^2`. */
import { html, type TemplateResult } from 'lit';

/** @param text a symbol, at most one `_` index and one `^` exponent of word characters */
export function mathSymbol(text: string): TemplateResult {
  const parts = /^(.*?)(?:_(\w+))?(?:\^(\w+))?$/u.exec(text);
  const [base = text, below, above] = parts?.slice(1) ?? [];
  const atom = (value: string) => (/^\d/.test(value) ? html`<mn>${value}</mn>` : html`<mi>${value}</mi>`);
  if (below && above) return html`<math><msubsup>${atom(base)}${atom(below)}${atom(above)}</msubsup></math>`;
  if (below) return html`<math><msub>${atom(base)}${atom(below)}</msub></math>`;
  if (above) return html`<math><msup>${atom(base)}${atom(above)}</msup></math>`;
  return html`<math>${atom(base)}</math>`;
}
