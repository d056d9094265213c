import { css } from 'lit';

export const saliencyStyles = css`
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  .facts {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .story {
    min-width: 0;
  }
  .sides {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: var(--chalk-space-4) var(--chalk-space-5);
    min-width: 0;
  }
  .sides > * {
    min-width: 0;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1) var(--chalk-space-3);
    align-items: center;
    margin-top: var(--chalk-space-2);
    font-size: var(--chalk-text-s);
  }
  .row label {
    display: inline-flex;
    gap: var(--chalk-space-1);
    align-items: center;
    color: var(--chalk-ink-soft);
  }
  .row input {
    min-height: 0;
  }
  .row select {
    max-width: 100%;
  }
  .bar {
    display: inline-block;
    height: 0.7em;
    border-radius: 2px;
    background: var(--chalk-model);
    forced-color-adjust: none;
  }
  .changed {
    color: var(--chalk-model);
    font-weight: 600;
  }
`;
