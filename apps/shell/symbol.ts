/** Symbols of parameters as MathML, without a typesetting library: `η`, `β_1`, `w^2`. */
import { html, mathml, type TemplateResult } from 'lit';

/** @param text a symbol, at most one `_` index and one `^` exponent of word characters */
export function mathSymbol(text: string): TemplateResult {
  const parts = /^(.*?)(?:_(\w+))?(?:\^(\w+))?$/u.exec(text);
  const [base = text, below, above] = parts?.slice(1) ?? [];
  const atom = (value: string) => (/^\d/.test(value) ? mathml`<mn>${value}</mn>` : mathml`<mi>${value}</mi>`);
  if (below && above) return html`<math>${mathml`<msubsup>${atom(base)}${atom(below)}${atom(above)}</msubsup>`}</math>`;
  if (below) return html`<math>${mathml`<msub>${atom(base)}${atom(below)}</msub>`}</math>`;
  if (above) return html`<math>${mathml`<msup>${atom(base)}${atom(above)}</msup>`}</math>`;
  return html`<math>${atom(base)}</math>`;
}
