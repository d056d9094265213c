import { css } from 'lit';

export const denoiseStyles = css`
  .facts {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .own {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-4);
  }
  .own > chalk-image-strips {
    flex: 1 1 16rem;
  }
  .sets {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  /* As high as its pictures, also before they are there. */
  .sets chalk-image-strips::part(strip) {
    grid-auto-rows: minmax(28px, auto);
  }
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    font-size: var(--chalk-text-s);
  }
`;
