/** What the network says of a picture, and after painting beside it. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatPercent } from '../../components/shared/format.ts';
import type { Verdict } from './explain.ts';

/** Widest bar in rem: of one picture, of two. */
const WIDTHS = [6, 2.5] as const;

/** @param after the same network on the painted picture; classes are those of either list */
export function renderVerdicts(before: Verdict, after: Verdict | undefined): TemplateResult {
  const first = after ?? before;
  const classes = [...new Map([...first.top, ...before.top].map((found) => [found.index, found.name]))].slice(0, 8);
  const of = (verdict: Verdict, index: number) => verdict.top.find((found) => found.index === index);
  const width = WIDTHS[after ? 1 : 0];
  const changed = after !== undefined && after.predicted !== before.predicted;
  const cells = (verdict: Verdict, index: number) => {
    const found = of(verdict, index);
    return html`<td>${found ? html`<span class="bar" style="width:${(width * found.probability).toFixed(2)}rem"></span> ${formatPercent(found.probability)}` : '–'}</td>
      <td>${found ? found.logit.toFixed(2).replace('-', '−') : '–'}</td>`;
  };
  return html`<table class="says">
      <caption>${after ? html`It says <span class=${changed ? 'changed' : ''}>${after.name}</span>; before, ${before.name}` : html`It says ${before.name}`}</caption>
      <thead><tr><th>class</th>${after ? html`<th>painted</th><th>logit</th>` : nothing}<th>${after ? 'before' : 'probability'}</th><th>logit</th></tr></thead>
      <tbody>${classes.map(
        ([index, name]) => html`<tr><td>${name}</td>${after ? cells(after, index) : nothing}${cells(before, index)}</tr>`,
      )}</tbody>
    </table>`;
}
