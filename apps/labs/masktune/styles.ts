import { css } from 'lit';

export const maskTuneStyles = css`
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  h4 {
    margin: 0 0 var(--chalk-space-1);
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  .facts {
    margin: var(--chalk-space-1) 0 0;
    max-width: var(--chalk-measure);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2) var(--chalk-space-4);
    align-items: center;
    font-size: var(--chalk-text-s);
  }
  .choices label {
    display: inline-flex;
    gap: var(--chalk-space-1);
    align-items: center;
  }
  .choices select {
    max-width: 100%;
  }
  .panels {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr));
    gap: var(--chalk-space-3);
    min-width: 0;
  }
  .panels > div {
    min-width: 0;
  }
  .matrices {
    display: grid;
    /* Two a line at most: the raw and the biased test of a network beside each other. */
    grid-template-columns: repeat(auto-fit, minmax(max(min(100%, 17rem), (100% - var(--chalk-space-4)) / 2), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
`;
