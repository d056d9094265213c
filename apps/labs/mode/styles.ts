import { css } from 'lit';

export const modeStyles = css`
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  .figure h3:first-child {
    margin-top: 0;
  }
  .figure > div,
  .pair > * {
    container-type: inline-size;
    min-width: 0;
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  .facts {
    margin: var(--chalk-space-1) 0;
    max-width: var(--chalk-measure);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .tools-line {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    margin: 0 0 var(--chalk-space-2);
    font-size: var(--chalk-text-s);
  }
  .tools-line :is(label, select) {
    max-width: 100%;
    min-width: 0;
  }
`;
