/** Style sheets that every Lit element of the site shares. */
import { css, unsafeCSS } from 'lit';
import { tokenCss } from './tokens.ts';

/** The tokens on `:host`: only for elements that stand alone in a foreign page. On the site they come from theme.css. */
export const tokenStyles = css`${unsafeCSS(tokenCss(':host'))}`;

/** Box model, focus ring, native form controls, buttons, links, hidden state: first in every component's `styles`. */
export const baseStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
    color: var(--chalk-ink);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
    line-height: var(--chalk-leading-ui);
    accent-color: var(--chalk-accent);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  :focus-visible {
    outline: var(--chalk-focus-width) solid var(--chalk-focus);
    outline-offset: 2px;
  }
  button,
  select,
  input,
  textarea {
    font: inherit;
    color: inherit;
  }
  button,
  select,
  input:is([type='text'], [type='number'], [type='search'], [type='url'], :not([type])),
  textarea {
    min-height: var(--chalk-control-height);
    padding: 0 var(--chalk-space-2);
    border: 1px solid var(--chalk-rule-strong);
    border-radius: var(--chalk-radius-s);
    background: var(--chalk-surface);
  }
  input:is([type='checkbox'], [type='radio']) {
    min-width: 1.5rem;
    min-height: 1.5rem;
  }
  button {
    cursor: pointer;
    transition: background-color var(--chalk-duration), border-color var(--chalk-duration);
  }
  button:hover:not(:disabled) {
    background: var(--chalk-accent-soft);
    border-color: var(--chalk-accent);
  }
  button.primary {
    border-color: var(--chalk-accent);
    background: var(--chalk-accent);
    color: var(--chalk-accent-ink);
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in oklab, var(--chalk-accent) 88%, var(--chalk-ink));
  }
  button.quiet {
    border-color: transparent;
    background: transparent;
  }
  button.quiet:hover:not(:disabled) {
    border-color: var(--chalk-rule-strong);
  }
  :disabled {
    cursor: not-allowed;
    opacity: 0.55;
  }
  a {
    color: var(--chalk-accent);
    text-underline-offset: 0.15em;
  }
  code,
  pre,
  kbd,
  samp,
  output,
  .number {
    font-family: var(--chalk-font-mono);
    font-size: 0.92em;
    font-variant-numeric: tabular-nums;
  }
  math {
    font-family: var(--chalk-font-math);
  }
  canvas {
    forced-color-adjust: none;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (pointer: coarse) {
    button,
    select,
    input {
      min-height: 2.5rem;
    }
  }
  @media (forced-colors: active) {
    /* Else the browser paints a backplate over the label. */
    button.primary {
      forced-color-adjust: none;
    }
    /* Legends are lists: there, what is off is struck through. */
    button[aria-pressed='true']:not(li *) {
      forced-color-adjust: none;
      border-color: Highlight;
      background: Highlight;
      color: HighlightText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      transition: none !important;
      animation: none !important;
    }
  }
`;
