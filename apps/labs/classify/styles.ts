import { css } from 'lit';

/** What the classify lab arranges beside what all labs have. */
export const classifyStyles = css`
  .class-bars {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
    gap: var(--chalk-space-3);
  }
  .bars {
    margin: 0;
  }
  .bars figcaption {
    font-size: var(--chalk-text-s);
  }
  .bars ul {
    display: flex;
    gap: 2px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .bars li {
    flex: 1 1 0;
    min-width: 0;
    text-align: center;
  }
  .bars .column {
    display: flex;
    align-items: end;
    height: 4rem;
    border-bottom: 1px solid var(--chalk-rule-strong);
  }
  .bars i {
    display: block;
    width: 100%;
    background: var(--chalk-error);
  }
  .bars i.right {
    background: var(--chalk-model);
  }
  .bars small {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-xs);
  }

  .charts,
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: var(--chalk-space-4);
    align-items: start;
    min-width: 0;
  }
  .charts > *,
  .pair > * {
    min-width: 0;
  }
  .summary {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1) var(--chalk-space-4);
    align-items: baseline;
    margin: 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .summary strong {
    color: var(--chalk-ink);
    font-variant-numeric: tabular-nums;
  }
  .block > h3 {
    margin: 0 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
    font-weight: 600;
  }
  .guess {
    display: grid;
    grid-template-columns: auto minmax(4rem, 12rem) 3.8rem;
    gap: 0.1rem var(--chalk-space-2);
    align-items: center;
    width: 100%;
    max-width: 22rem;
    padding: 0;
    margin: 0;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
    list-style: none;
  }
  .guess li {
    display: contents;
  }
  .guess .bar {
    height: 0.8em;
    background: var(--chalk-rule);
    border-radius: 2px;
  }
  .guess .bar i {
    display: block;
    height: 100%;
    background: var(--chalk-model);
    border-radius: inherit;
    forced-color-adjust: none;
  }
  @media (forced-colors: active) {
    .guess .bar {
      border: 1px solid CanvasText;
      background: Canvas;
    }
  }
  .guess .best {
    color: var(--chalk-model);
    font-weight: 700;
  }
  .guess .share {
    text-align: end;
  }
  .draw {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-3);
    align-items: start;
  }
  .draw > :first-child {
    flex: 0 1 12.5rem;
    min-width: 0;
  }
  .draw > :last-child {
    flex: 1 1 10rem;
    min-width: 0;
  }
  .read {
    min-height: 1.5em;
    margin: 0;
    color: var(--chalk-model);
    font-weight: 600;
  }
  .more {
    margin-top: var(--chalk-space-3);
    border-top: 1px solid var(--chalk-rule);
  }
  .more > summary {
    padding: var(--chalk-space-2) 0;
    color: var(--chalk-ink-soft);
    cursor: pointer;
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  .space {
    display: grid;
    gap: var(--chalk-space-1);
    margin-top: var(--chalk-space-3);
    font-size: var(--chalk-text-s);
  }
  .space textarea {
    width: 100%;
    min-height: 5rem;
    font-family: var(--chalk-font-mono);
    font-size: var(--chalk-text-s);
  }
  .space .wrong {
    color: var(--chalk-error);
  }
  .diagram {
    overflow-x: auto;
  }
  .diagram svg {
    display: block;
  }
  .diagram text,
  .ridges text {
    fill: var(--chalk-ink-soft);
    font-size: 11px;
    font-variant-numeric: tabular-nums;
  }
  .diagram .type {
    fill: var(--chalk-ink);
    font-weight: 600;
  }
  .diagram line,
  .diagram .arc {
    fill: none;
    stroke: var(--chalk-rule-strong);
    stroke-width: 1.5px;
  }
  .diagram rect {
    fill: var(--chalk-sunken);
    stroke: var(--chalk-rule-strong);
  }
  .diagram rect.learned,
  .diagram rect.skip {
    fill: var(--chalk-model-soft);
    stroke: var(--chalk-model);
  }
  .ridge-pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
    gap: var(--chalk-space-1) var(--chalk-space-4);
    max-width: 50rem;
  }
  .block h4 {
    margin: var(--chalk-space-2) 0 0;
    font-size: var(--chalk-text-m);
  }
  .block .facts {
    margin: var(--chalk-space-1) 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .ridges {
    max-width: 24rem;
    margin: 0;
  }
  .ridges figcaption {
    font-size: var(--chalk-text-s);
  }
  .ridges svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .ridges polygon {
    fill: color-mix(in srgb, var(--chalk-surface) 25%, var(--chalk-model-soft));
    stroke: var(--chalk-model);
    stroke-width: 1px;
  }
  .ridges.gradients polygon {
    fill: color-mix(in srgb, var(--chalk-surface) 25%, var(--chalk-data-soft));
    stroke: var(--chalk-data);
  }
  .ridges line {
    stroke: var(--chalk-rule-strong);
    stroke-dasharray: 2 3;
  }
`;
