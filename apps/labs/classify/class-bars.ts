/** For each true class, how often the network says each class: the rows of the confusion matrix as bar charts. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatCount, formatPercent } from '../../components/shared/format.ts';
import type { EvaluationReport } from './report.ts';

/** More classes than this do not fit; the matrix has them. */
const MOST = 20;

export function classBars({ matrix, classNames, set }: EvaluationReport): TemplateResult | typeof nothing {
  const { classes, counts } = matrix;
  if (classes > MOST) return nothing;
  const all = Array.from({ length: classes }, (_, k) => k);
  const name = (k: number) => classNames[k] ?? String(k);
  const chart = (truth: number) => {
    const row = all.map((k) => counts[truth * classes + k] ?? 0);
    const total = row.reduce((a, b) => a + b, 0);
    const share = (k: number) => (total === 0 ? 0 : (row[k] ?? 0) / total);
    const said = (k: number) =>
      `true ${name(truth)}, predicted ${name(k)}: ${formatCount(row[k] ?? 0)}, ${formatPercent(share(k))}`;
    return html`<figure class="bars">
      <figcaption>true ${name(truth)}</figcaption>
      <ul aria-label="Predictions for ${name(truth)}">
        ${all.map(
          (k) => html`<li title=${said(k)} aria-label=${said(k)}>
            <span class="column"><i class=${k === truth ? 'right' : 'wrong'} style="height:${(100 * share(k)).toFixed(1)}%"></i></span><small>${name(k).slice(0, 3)}</small></li>`,
        )}
      </ul>
    </figure>`;
  };
  return html`<section class="block"><h3>What the network says of each class, ${set} images</h3>
    <div class="class-bars">${all.map(chart)}</div></section>`;
}
