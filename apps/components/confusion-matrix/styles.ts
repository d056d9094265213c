import { css } from 'lit';

export const matrixStyles = css`
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
    align-items: baseline;
    gap: var(--chalk-space-2);
    margin-bottom: var(--chalk-space-1);
  }
  .title {
    flex: 1 1 auto;
    font-weight: 600;
  }
  .accuracy {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: separate;
    border-spacing: 1px;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  th {
    padding: 0 var(--chalk-space-1);
    color: var(--chalk-ink-soft);
    font-weight: 500;
  }
  thead th {
    max-width: 3rem;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  tbody th {
    max-width: 7rem;
    overflow: hidden;
    text-overflow: ellipsis;
    text-align: end;
    white-space: nowrap;
  }
  .axis {
    color: var(--chalk-ink-faint);
    font-size: var(--chalk-text-xs);
    font-weight: 400;
    text-align: center;
  }
  td {
    width: 2.9rem;
    min-width: 1.55rem;
    height: 1.9rem;
    padding: 0;
    border: 1px solid transparent;
    background: var(--cell);
    color: var(--cell-ink);
    font-size: var(--chalk-text-xs);
    text-align: center;
    cursor: pointer;
    forced-color-adjust: none;
  }
  td small {
    display: block;
    font-size: 0.75em;
    line-height: 1;
    white-space: nowrap;
  }
  td.diagonal {
    border-color: var(--chalk-ink-faint);
  }
  td[aria-selected='true'] {
    outline: 3px solid var(--chalk-model);
    outline-offset: -1px;
  }
  td:focus-visible {
    position: relative;
    z-index: 1;
    outline-offset: 0;
  }
  .foot {
    margin-top: var(--chalk-space-1);
  }
  .behind {
    margin-top: var(--chalk-space-2);
  }
  .heading {
    margin: 0 0 var(--chalk-space-1);
    font-weight: 600;
    font-size: var(--chalk-text-s);
  }
  .modes {
    display: inline-flex;
    gap: 1px;
  }
  .modes button {
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  .modes button[aria-pressed='true'] {
    border-color: var(--chalk-accent);
    background: var(--chalk-accent-soft);
  }
  @container (max-width: 30rem) {
    table {
      width: 100%;
      border-spacing: 0;
      table-layout: fixed;
    }
    .axis {
      /* Not by a font size of 0: the width counts in characters of it. */
      width: var(--names);
      text-indent: 10rem;
      white-space: nowrap;
    }
    td {
      width: auto;
      min-width: 0;
      height: 1.7rem;
      overflow: hidden;
      font-size: 0.625rem;
    }
    th {
      padding: 0 0.15rem;
    }
    /* Its cell's name says the fraction where there is no room to write it. */
    td small {
      display: none;
    }
    tbody th,
    thead th {
      max-width: none;
      padding-inline: 0.1rem;
    }
  }
`;
