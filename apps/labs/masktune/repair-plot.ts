/** Worst-group accuracy of every repair: each seed a dot, the mean a bar, its interval a line. */
import { css, html, nothing } from 'lit';
import { formatPercent } from '../../components/shared/format.ts';
import type { RepairSummary } from './repair-table.ts';
import { WORST_GROUP } from './worst-group.ts';

const place = (share: number): string => `left: ${100 * Math.min(1, Math.max(0, share))}%`;

function track({ worst, worstOf }: RepairSummary) {
  const { mean, halfWidth } = worst;
  const [low, high] = [Math.max(0, mean - (halfWidth ?? 0)), Math.min(1, mean + (halfWidth ?? 0))];
  return html`<div class="track">
    ${halfWidth === null ? nothing : html`<i class="interval" style=${`left: ${100 * low}%; width: ${100 * (high - low)}%`}></i>`}
    ${worstOf.map((value) => html`<i class="dot" style=${place(value)}></i>`)}
    <i class="mean" style=${place(mean)}></i>
  </div>`;
}

const said = ({ mean, halfWidth }: RepairSummary['worst']): string =>
  halfWidth === null ? formatPercent(mean) : `${formatPercent(mean)} ± ${(100 * halfWidth).toFixed(1)}`;

/** @param old methods that the run before told of: they keep the room of what is to come */
export function repairPlot(repairs: readonly RepairSummary[], old: ReadonlySet<string>) {
  if (repairs.length === 0) return nothing;
  const kinds = [...new Set(repairs.map(({ knows }) => knows))];
  return html`<figure class="repairs">
    <figcaption>Accuracy of the worst group, by what a method may know</figcaption>
    <div role="table" aria-label="Accuracy of the worst group, by method">
      ${kinds.map(
        (kind) => html`<div role="row" class="kind"><span role="cell">${kind}</span></div>
        ${repairs
          .filter(({ knows }) => knows === kind)
          .map(
            (
              repair,
            ) => html`<div role="row" class="method ${old.has(repair.method) ? 'old' : ''}"><span role="rowheader">${repair.method}</span>
            <div role="cell" aria-label=${said(repair.worst)}>${track(repair)}</div><span class="value" aria-hidden="true">${said(repair.worst)}</span></div>`,
          )}`,
      )}
    </div>
    <p class="facts">Dots are seeds, the bar is their mean, the line its 95 % interval; none with one seed. ${WORST_GROUP}</p>
  </figure>`;
}

export const repairPlotStyles = css`
  .repairs {
    margin: 0;
    min-width: 0;
  }
  .repairs figcaption {
    margin-bottom: var(--chalk-space-2);
    font-size: var(--chalk-text-m);
    font-weight: 600;
  }
  .repairs .kind {
    padding-top: var(--chalk-space-2);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .repairs .method {
    display: grid;
    grid-template-columns: minmax(6rem, 15rem) minmax(0, 1fr) 7rem;
    gap: var(--chalk-space-3);
    align-items: center;
    padding: 0.15rem 0;
    border-top: 1px solid var(--chalk-rule);
    font-size: var(--chalk-text-s);
    line-height: 1.2;
  }
  .repairs .value {
    font-variant-numeric: tabular-nums;
    text-align: end;
  }
  .repairs .old,
  .looks.old {
    opacity: 0.45;
  }
  .track {
    position: relative;
    height: 1.1rem;
    background: var(--chalk-sunken);
  }
  .track i {
    position: absolute;
    display: block;
  }
  .track .interval {
    top: calc(50% - 1px);
    height: 2px;
    background: var(--chalk-model);
  }
  .track .dot {
    top: calc(50% - 0.2rem);
    width: 0.4rem;
    height: 0.4rem;
    margin-left: -0.2rem;
    border-radius: 50%;
    background: var(--chalk-ink-faint);
  }
  .track .mean {
    top: 0;
    width: 3px;
    height: 100%;
    margin-left: -1.5px;
    background: var(--chalk-model);
  }
  @container lab (max-width: 34rem) {
    .repairs .method {
      grid-template-columns: minmax(0, 1fr) 6.5rem;
    }
    .repairs .method > :nth-child(2) {
      grid-row: 2;
      grid-column: 1 / -1;
    }
  }
`;
