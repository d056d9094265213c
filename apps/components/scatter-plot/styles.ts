import { css } from 'lit';

export const scatterStyles = css`
  :host {
    min-width: 0;
  }
  figure {
    margin: 0;
  }
  figcaption {
    margin-bottom: var(--chalk-space-1);
    font-weight: 600;
  }
  .plot {
    position: relative;
    overflow: hidden;
    border: 1px solid var(--chalk-rule);
    border-radius: var(--chalk-radius-s);
    background: var(--chalk-surface);
  }
  canvas {
    display: block;
    cursor: crosshair;
    touch-action: pan-y;
  }
  .empty {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    color: var(--chalk-ink-faint);
    pointer-events: none;
  }
  ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--chalk-space-1);
    margin: var(--chalk-space-1) 0 0;
    padding: 0;
    list-style: none;
  }
  li button {
    display: inline-flex;
    align-items: center;
    gap: var(--chalk-space-1);
    min-height: 1.6rem;
    padding: 0 var(--chalk-space-1);
    border-color: transparent;
    background: transparent;
    font-size: var(--chalk-text-s);
  }
  li button[aria-pressed='false'] {
    color: var(--chalk-ink-faint);
    text-decoration: line-through;
  }
  .swatch {
    width: 0.7rem;
    height: 0.7rem;
    border-radius: 50%;
    background: var(--swatch);
    forced-color-adjust: none;
  }
  output {
    display: block;
    min-height: 1.4em;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
`;
