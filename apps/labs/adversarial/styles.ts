import { css } from 'lit';

export const adversarialStyles = css`
  .sum {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2) var(--chalk-space-3);
    align-items: start;
    min-width: 0;
  }
  .signed {
    display: flex;
    gap: var(--chalk-space-2) var(--chalk-space-3);
    min-width: 0;
  }
  .sum .sign {
    align-self: center;
    padding-bottom: 2.5rem;
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-2xl);
  }
  .term {
    min-width: 0;
  }
  .figure .term h3 {
    margin: 0 0 var(--chalk-space-1);
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  .term p {
    margin: var(--chalk-space-1) 0 0;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .control {
    padding-inline-start: var(--chalk-space-3);
    border-inline-start: 1px solid var(--chalk-rule);
  }
  sub {
    line-height: 0;
  }
  /* Of the run before: it stays until the new one attacks. */
  .before {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  .old {
    opacity: 0.45;
    transition: opacity var(--chalk-duration);
  }
  .says {
    font-weight: 650;
  }
  .right {
    color: var(--chalk-data);
  }
  .wrong {
    color: var(--chalk-model);
  }
  .facts {
    margin: 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .step {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .step input {
    flex: 1 1 10rem;
    max-width: 26rem;
  }
  .walk {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
`;
