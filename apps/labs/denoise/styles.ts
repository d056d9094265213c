import { css } from 'lit';

export const denoiseStyles = css`
  .sets {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  .strip {
    display: grid;
    grid-template-columns: 7.5rem minmax(0, 1fr);
    gap: var(--chalk-space-2);
    align-items: center;
    margin-bottom: var(--chalk-space-1);
    font-size: var(--chalk-text-s);
  }
  @container lab (max-width: 26rem) {
    .strip {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
  }
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  .by {
    margin: var(--chalk-space-2) 0 var(--chalk-space-1);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    font-size: var(--chalk-text-s);
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  :is(th, td) {
    padding: 0.2rem 0.7rem 0.2rem 0;
    border-bottom: 1px solid var(--chalk-rule);
    text-align: start;
  }
`;
