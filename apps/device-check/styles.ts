import { css } from 'lit';

export const deviceCheckStyles = css`
  :host {
    max-width: var(--chalk-page);
    padding: var(--chalk-space-6) var(--chalk-space-4) var(--chalk-space-8);
    margin: 0 auto;
  }
  h1 {
    margin: 0;
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-2xl);
    line-height: var(--chalk-leading-tight);
  }
  h2 {
    margin: var(--chalk-space-6) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-xl);
  }
  .lead {
    max-width: var(--chalk-measure);
    margin: var(--chalk-space-2) 0 var(--chalk-space-4);
    color: var(--chalk-ink-soft);
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-l);
    line-height: var(--chalk-leading-prose);
  }
  p {
    max-width: var(--chalk-measure);
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    margin: var(--chalk-space-3) 0;
  }
  progress {
    width: 100%;
    max-width: var(--chalk-measure);
    accent-color: var(--chalk-accent);
  }
  dl {
    display: grid;
    grid-template-columns: minmax(0, 18rem) minmax(0, 1fr);
    gap: var(--chalk-space-1) var(--chalk-space-4);
    margin: 0;
  }
  dt {
    color: var(--chalk-ink-soft);
  }
  dd {
    margin: 0;
  }
  :is(dt, dd) {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  @media (max-width: 30rem) {
    dl {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
    dd {
      margin-bottom: var(--chalk-space-2);
    }
  }
  details {
    margin-top: var(--chalk-space-3);
  }
  summary {
    cursor: pointer;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    font-size: var(--chalk-text-s);
  }
  :is(th, td) {
    padding: var(--chalk-space-1) var(--chalk-space-4) var(--chalk-space-1) 0;
    border-bottom: 1px solid var(--chalk-rule);
    text-align: start;
    vertical-align: top;
  }
  tbody th {
    font-family: var(--chalk-font-mono);
    font-weight: 500;
  }
  .ok {
    color: var(--chalk-ok);
    white-space: nowrap;
  }
  .wrong {
    color: var(--chalk-error);
    font-weight: 600;
    white-space: nowrap;
  }
  .software {
    display: inline-block;
    padding: 0 var(--chalk-space-2);
    border: 1px solid var(--chalk-warning);
    border-radius: var(--chalk-radius-s);
    color: var(--chalk-warning);
  }
  .browsers li {
    margin-bottom: var(--chalk-space-3);
  }
  .here {
    padding-inline-start: var(--chalk-space-3);
    border-inline-start: 3px solid var(--chalk-accent);
  }
  textarea {
    width: 100%;
    min-height: 10rem;
    font-family: var(--chalk-font-mono);
    font-size: var(--chalk-text-s);
  }
`;
