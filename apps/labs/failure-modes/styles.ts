import { css } from 'lit';

export const failureStyles = css`
  .pairs,
  .four {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  .four h4 {
    margin: 0;
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  .facts {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .path {
    display: grid;
    gap: var(--chalk-space-2);
  }
  .path label {
    display: flex;
    gap: var(--chalk-space-2);
    align-items: center;
    font-size: var(--chalk-text-s);
  }
  .path input {
    flex: 1;
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
