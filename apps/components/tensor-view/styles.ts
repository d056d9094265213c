import { css } from 'lit';

export const tensorStyles = css`
  :host {
    min-width: 0;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 var(--chalk-space-3);
    margin-bottom: var(--chalk-space-1);
    font-size: var(--chalk-text-s);
  }
  .name {
    font-weight: 600;
  }
  .soft {
    color: var(--chalk-ink-soft);
  }
  .tiles {
    width: fit-content;
    max-width: 100%;
    overflow-x: auto;
  }
  canvas {
    display: block;
    cursor: crosshair;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-2);
    margin-top: var(--chalk-space-1);
    font-size: var(--chalk-text-s);
  }
  footer button {
    min-height: 1.5rem;
    font-size: var(--chalk-text-s);
  }
  output {
    min-height: 1.4em;
  }
`;
