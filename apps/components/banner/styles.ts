import { css } from 'lit';

export const bannerStyles = css`
  .banner {
    --back: var(--chalk-note-soft);
    --front: var(--chalk-note);
    display: grid;
    grid-template-columns: auto 1fr auto;
    gap: var(--chalk-space-2) var(--chalk-space-3);
    align-items: start;
    padding: var(--chalk-space-3) var(--chalk-space-4);
    border: 1px solid color-mix(in oklab, var(--front) 45%, transparent);
    border-inline-start: 4px solid var(--front);
    border-radius: var(--chalk-radius-s);
    background: var(--back);
  }
  .error {
    --back: var(--chalk-error-soft);
    --front: var(--chalk-error);
  }
  .warning {
    --back: var(--chalk-warning-soft);
    --front: var(--chalk-warning);
  }
  .ok {
    --back: var(--chalk-ok-soft);
    --front: var(--chalk-ok);
  }
  .icon {
    width: 1.25em;
    color: var(--front);
    font-weight: 700;
    text-align: center;
  }
  .heading {
    color: var(--front);
    font-weight: 650;
  }
  .text {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .close {
    min-height: 1.75rem;
    padding: 0 var(--chalk-space-2);
    margin: -0.25rem -0.5rem -0.25rem 0;
  }
`;
