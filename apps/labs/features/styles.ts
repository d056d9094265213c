/** The look of the features lab beside what all labs share. */
import { css } from 'lit';

export const featureStyles = css`
  .ways {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(45%, 9.5rem), 1fr));
    gap: var(--chalk-space-3);
    margin-top: var(--chalk-space-3);
  }
  .ways figure {
    min-width: 0;
    margin: 0;
  }
  /* As high as an image, so that nothing moves when the first ones come. */
  .ways chalk-image-grid {
    display: block;
    min-height: var(--images, 168px);
  }
  .ways figcaption {
    min-height: 2.6em;
    font-size: var(--chalk-text-s);
    font-weight: 600;
    line-height: 1.3;
  }
  .scrub {
    display: flex;
    gap: var(--chalk-space-2);
    align-items: center;
    margin: var(--chalk-space-2) 0 var(--chalk-space-3);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .scrub input {
    flex: 1;
    min-width: 0;
  }
  .facts {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .network {
    display: grid;
    gap: var(--chalk-space-2);
    width: 100%;
  }
  :is(.figure, .rest) h3 {
    margin: var(--chalk-space-4) 0 var(--chalk-space-2);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
`;
