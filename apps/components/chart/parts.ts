/** The legend and the table of a chart. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatNumber } from '../shared/format.ts';
import { styled } from '../shared/styled.ts';
import { alignCurves, valueNear } from './columns.ts';
import type { ChartModel } from './model.ts';
import { resolveColor } from './overlays.ts';
import type { ChartSeries } from './types.ts';

/** Rows the table shows; CSV has them all. */
const TABLE_ROWS = 60;

/** Buttons that show and hide the series, with their values at the cursor. */
export function legend(model: ChartModel, cursorX: number | null, toggle: (id: string) => void): TemplateResult | typeof nothing {
  const { series, bands, palette } = model;
  if (series.length + bands.length === 0) return nothing;
  return html`<ul part="legend" aria-label="Series">
    ${series.map((s, i) => {
      const value = cursorX === null ? undefined : valueNear(s, cursorX)?.y;
      return html`<li>
        <button aria-pressed=${model.isShown(s.id)} @click=${() => toggle(s.id)}>
          <span
            class="swatch ${s.draw === 'points' ? 'points' : s.dash ? 'dashed' : ''}"
            ${styled({ '--swatch': resolveColor(s.color, i, palette) })}
          ></span>${s.label} ${value === undefined ? nothing : html`<span class="number">${formatNumber(value)}</span>`}
        </button>
      </li>`;
    })}
    ${bands.map(
      (band, i) => html`<li class="static">
        <span class="swatch band" ${styled({ '--swatch': resolveColor(band.color, i, palette) })}></span>${band.label}
      </li>`,
    )}
  </ul>`;
}

/** The values of the given series, thinned to what a reader can take in. */
export function table(series: readonly ChartSeries[], label: string, xLabel: string): TemplateResult {
  const { x, y } = alignCurves(series, { x: false, y: false });
  const stride = Math.max(1, Math.ceil(x.length / TABLE_ROWS));
  const rows = x.map((_, i) => i).filter((i) => i % stride === 0 || i === x.length - 1);
  return html`
    <div class="table" tabindex="0" role="group" aria-label="${label} as a table">
      <table>
        <thead>
          <tr><th scope="col">${xLabel || 'x'}</th>${series.map((s) => html`<th scope="col">${s.label}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) => html`<tr>
              <th scope="row">${formatNumber(x[row] as number)}</th>
              ${y.map((column) => html`<td>${column[row] === null ? '' : formatNumber(column[row] as number)}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${stride > 1 ? html`<p class="note">Every ${stride}th of ${x.length} rows; the CSV file has them all.</p>` : nothing}
  `;
}
