/** The look of the building blocks. */
import { css } from 'lit';

export const blocksStyles = css`
  :host {
    display: block;
    min-width: 0;
    container-type: inline-size;
  }
  .parts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr));
    gap: var(--chalk-space-3) var(--chalk-space-4);
    min-width: 0;
  }
  .parts > * {
    min-width: 0;
  }
  .wide {
    grid-column: 1 / -1;
  }
  .pair {
    display: grid;
    grid-template-columns: 12rem minmax(0, 1fr);
    gap: var(--chalk-space-4);
  }
  .groups {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr));
    gap: var(--chalk-space-2);
  }
  figure {
    min-width: 0;
    margin: 0;
    padding: var(--chalk-space-1);
    border: 1px solid transparent;
    border-radius: var(--chalk-radius-s);
  }
  figure.active {
    border-color: var(--chalk-focus);
  }
  figcaption {
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  h3 {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1);
    align-items: center;
    margin: var(--chalk-space-3) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  h4 {
    margin: 0 0 var(--chalk-space-2);
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  label {
    display: inline-flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1);
    align-items: center;
    max-width: 100%;
    margin-bottom: var(--chalk-space-1);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  select {
    max-width: 100%;
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  p {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .verdict {
    margin: 0 0 var(--chalk-space-2);
  }
  .notice {
    margin-top: var(--chalk-space-3);
    font-size: var(--chalk-text-xs);
  }
  @container (max-width: 34rem) {
    .pair {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
