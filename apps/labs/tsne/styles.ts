/** The look of the t-SNE lab beside what all labs share. */
import { css } from 'lit';

export const tsneStyles = css`
  .maps {
    display: grid;
    grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
    gap: var(--chalk-space-3);
  }
  .space,
  .hint {
    margin: var(--chalk-space-2) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--chalk-space-3);
    margin: var(--chalk-space-2) 0 0;
    padding: 0;
    font-size: var(--chalk-text-s);
    list-style: none;
  }
  .swatch {
    display: inline-block;
    width: 0.7rem;
    height: 0.7rem;
    margin-inline-end: var(--chalk-space-1);
    border-radius: 50%;
    background: var(--swatch);
    forced-color-adjust: none;
  }
  .inspector {
    display: grid;
    gap: var(--chalk-space-1);
    align-content: center;
    min-height: 10.5rem;
    padding: var(--chalk-space-2) var(--chalk-space-3);
    margin-top: var(--chalk-space-3);
    border: 1px dashed var(--chalk-rule-strong);
    border-radius: var(--chalk-radius-m);
    font-size: var(--chalk-text-s);
  }
  .inspector h3 {
    margin: 0;
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  .charts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  .network {
    display: grid;
    gap: var(--chalk-space-2);
    width: 100%;
  }
  .layers {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1);
    align-items: center;
    font-size: var(--chalk-text-s);
  }
  @container lab (max-width: 40rem) {
    .maps {
      grid-template-columns: repeat(min(var(--columns), 2), minmax(0, 1fr));
    }
  }
`;
