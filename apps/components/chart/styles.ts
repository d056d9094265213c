import { css } from 'lit';

export const chartStyles = css`
  :host {
    min-width: 0;
    container-type: inline-size;
  }
  figure {
    margin: 0;
  }
  figcaption {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-2);
    margin-bottom: var(--chalk-space-1);
    font-weight: 600;
  }
  .title {
    flex: 1 1 auto;
    min-width: 0;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-1);
    font-weight: 400;
    font-size: var(--chalk-text-s);
  }
  .tools label {
    display: inline-flex;
    align-items: center;
    gap: var(--chalk-space-1);
    color: var(--chalk-ink-soft);
  }
  .tools input[type='range'] {
    width: 5rem;
  }
  .tools chalk-export-menu {
    font-size: var(--chalk-text-s);
    --chalk-control-height: 1.75rem;
  }
  .tools button {
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  button[aria-pressed='true'] {
    border-color: var(--chalk-accent);
    background: var(--chalk-accent-soft);
  }
  .plot {
    position: relative;
    overflow: hidden;
    border-radius: var(--chalk-radius-s);
  }
  .canvas {
    position: relative;
    user-select: none;
  }
  canvas {
    display: block;
  }
  .over {
    position: absolute;
    overflow: hidden;
    cursor: crosshair;
  }
  .cursor {
    width: 0;
    height: 100%;
    border-right: 1px dashed var(--chalk-ink-faint);
    pointer-events: none;
  }
  .empty {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    background: var(--chalk-sunken);
    color: var(--chalk-ink-soft);
    pointer-events: none;
  }
  ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--chalk-space-2);
    margin: var(--chalk-space-1) 0 0;
    padding: 0;
    list-style: none;
  }
  li button {
    display: inline-flex;
    align-items: center;
    gap: var(--chalk-space-2);
    min-height: 1.75rem;
    padding: 0 var(--chalk-space-1);
    border-color: transparent;
    background: transparent;
    font-size: var(--chalk-text-s);
    text-align: start;
  }
  li button[aria-pressed='false'] {
    color: var(--chalk-ink-faint);
    text-decoration: line-through;
  }
  li button[aria-pressed='true'] {
    border-color: transparent;
    background: transparent;
  }
  .swatch {
    flex: none;
    width: 1.1rem;
    height: 0;
    border-top: 3px solid var(--swatch);
  }
  .swatch.points {
    width: 0.6rem;
    height: 0.6rem;
    border: 0;
    border-radius: 50%;
    background: var(--swatch);
  }
  .swatch.dashed {
    border-top-style: dashed;
  }
  .swatch.band {
    height: 0.8rem;
    border: 0;
    background: var(--swatch);
    opacity: 0.35;
  }
  .swatch {
    forced-color-adjust: none;
  }
  .static {
    display: inline-flex;
    align-items: center;
    gap: var(--chalk-space-2);
    min-height: 1.75rem;
    padding: 0 var(--chalk-space-1);
    font-size: var(--chalk-text-s);
  }
  .table {
    max-height: 18rem;
    overflow: auto;
    margin-top: var(--chalk-space-2);
    border: 1px solid var(--chalk-rule);
    border-radius: var(--chalk-radius-s);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.15rem 0.5rem;
    border-bottom: 1px solid var(--chalk-rule);
    text-align: right;
  }
  thead th {
    position: sticky;
    top: 0;
    background: var(--chalk-sunken);
  }
  slot {
    display: block;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .note {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
`;
