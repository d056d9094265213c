/** The sixteen-model chart: for each model the accuracy of both classes on the raw and on the biased test, and a line through their means. */
import { css, html, nothing, svg } from 'lit';
import { formatPercent } from '../../components/shared/format.ts';
import { CLASSES } from './classes.ts';
import type { ModelScores } from './scores.ts';

/** What the chart is called. */
export const MODEL_BARS = 'Accuracy of each class';
/** @param carrier see `carrierOf` */
export const testsOf = (carrier: 0 | 1) =>
  [
    { set: 'raw', title: 'raw test: no square' },
    { set: 'biased', title: `biased test: square on ${CLASSES[1 - carrier]}` },
  ] as const;

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function bars(set: 'raw' | 'biased', model: ModelScores, row: number, column: number) {
  const { perClass } = model[set];
  const said = perClass.map((value, label) => `${CLASSES[label]} ${formatPercent(value)}`).join(', ');
  return html`<div class="pair" role="cell" aria-label=${said} style=${`grid-row: ${row}; grid-column: ${column}`}>
    ${perClass.map(
      (value, label) =>
        html`<div class="bar class${label}"><i style=${`width: ${100 * value}%`}></i><span>${formatPercent(value, 0)}</span></div>`,
    )}
  </div>`;
}

/** A line through the means of both classes, one point a row. */
function line(models: readonly ModelScores[], set: 'raw' | 'biased', column: number) {
  const points = models.map((model, row) => `${100 * mean(model[set].perClass)},${row + 0.5}`).join(' ');
  return html`<div class="line" style=${`grid-row: 2 / span ${models.length}; grid-column: ${column}`} aria-hidden="true">
    <svg viewBox=${`0 0 100 ${models.length}`} preserveAspectRatio="none">
      ${svg`<polyline points=${points} vector-effect="non-scaling-stroke"></polyline>`}
    </svg></div>`;
}

/**
 * @param old names of those that the run before told of: they keep the room of what is to come
 * @param carrier see `carrierOf`
 */
export function modelBars(models: readonly ModelScores[], old: ReadonlySet<string>, carrier: 0 | 1) {
  if (models.length === 0) return nothing;
  const tests = testsOf(carrier);
  return html`<figure class="models">
    <figcaption>${MODEL_BARS}
      ${CLASSES.map((name, label) => html`<span class="key class${label}">${name}</span>`)} <span class="key mean">mean of both</span></figcaption>
    <div class="grid" role="table" aria-label="Accuracy of each class on both tests, by model">
      <div class="row" role="row"><div class="head" role="columnheader" style="grid-row: 1; grid-column: 1">model</div>
      ${tests.map(({ title }, i) => html`<div class="head" role="columnheader" style=${`grid-row: 1; grid-column: ${i + 2}`}>${title}</div>`)}</div>
      ${models.map(
        (
          model,
          i,
        ) => html`<div class="row ${old.has(model.name) ? 'old' : ''}" role="row"><div class="name" role="rowheader" style=${`grid-row: ${i + 2}`}>${model.name}</div>
        ${tests.map(({ set }, t) => bars(set, model, i + 2, t + 2))}</div>`,
      )}
      ${old.size > 0 ? nothing : tests.map(({ set }, t) => line(models, set, t + 2))}
    </div>
    <p class="facts">ERM is the first training. The others are fine-tuned with a part of each image hidden, and named by what hides: topK by the
      share of the map’s cells, the most salient; threshold by the value above which a cell is hidden, mean by how often the mean it is; hard where
      no pixel is hidden in part.</p>
  </figure>`;
}

export const modelBarStyles = css`
  .models {
    margin: 0;
    min-width: 0;
  }
  .models figcaption {
    margin-bottom: var(--chalk-space-2);
    font-size: var(--chalk-text-m);
    font-weight: 600;
  }
  .key {
    margin-inline-start: var(--chalk-space-3);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-weight: 400;
    white-space: nowrap;
  }
  .key::before {
    content: '';
    display: inline-block;
    width: 0.8em;
    height: 0.8em;
    margin-inline-end: 0.4em;
    background: var(--bar);
  }
  .key.mean::before {
    height: 2px;
    margin-bottom: 0.25em;
    background: var(--chalk-ink);
  }
  .class0 {
    --bar: var(--chalk-model);
  }
  .class1 {
    --bar: var(--chalk-data);
  }
  .models .grid {
    --numbers: 3rem;
    display: grid;
    grid-template-columns: minmax(5rem, 9.5rem) minmax(0, 1fr) minmax(0, 1fr);
    column-gap: var(--chalk-space-3);
    font-size: var(--chalk-text-s);
  }
  .models .row {
    display: contents;
  }
  .models .old > * {
    opacity: 0.45;
  }
  .models .name,
  .models .pair {
    box-sizing: border-box;
    min-height: 2.4rem;
    padding: 0.25rem 0;
    border-top: 1px solid var(--chalk-rule);
  }
  .models .name {
    grid-column: 1;
    display: flex;
    align-items: center;
    overflow-wrap: anywhere;
    line-height: 1.15;
  }
  .models .head {
    padding-bottom: var(--chalk-space-1);
    color: var(--chalk-ink-soft);
  }
  .models .pair {
    display: grid;
    align-content: center;
    gap: 2px;
  }
  .bar {
    position: relative;
    height: 0.85rem;
    margin-inline-end: var(--numbers);
    background: var(--chalk-sunken);
  }
  .bar i {
    display: block;
    height: 100%;
    background: var(--bar);
  }
  .bar span {
    position: absolute;
    top: 0;
    left: calc(100% + 0.3rem);
    width: calc(var(--numbers) - 0.3rem);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-xs);
    font-variant-numeric: tabular-nums;
    line-height: 0.85rem;
    white-space: nowrap;
  }
  .models .line {
    position: relative;
    margin-inline-end: var(--numbers);
    pointer-events: none;
  }
  .models svg {
    position: absolute;
    inset: 0;
    overflow: visible;
    width: 100%;
    height: 100%;
  }
  .models polyline {
    fill: none;
    stroke: var(--chalk-ink);
    stroke-width: 2px;
  }
  @container lab (max-width: 30rem) {
    .models .grid {
      --numbers: 2.9rem;
      grid-template-columns: 4.6rem minmax(0, 1fr) minmax(0, 1fr);
      column-gap: var(--chalk-space-2);
      font-size: var(--chalk-text-xs);
    }
  }
`;
