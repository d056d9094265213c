import { css } from 'lit';

/** The layout of a lab: figure first, controls beside or below it, then results, prose and cards. */
export const labStyles = css`
  :host {
    container: lab / inline-size;
    color: var(--chalk-ink);
    background: var(--chalk-paper);
  }
  .lab {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-4);
    max-width: var(--chalk-page);
    padding: 0 var(--chalk-space-4) var(--chalk-space-7);
    margin: 0 auto;
  }
  .embed {
    gap: var(--chalk-space-3);
    padding: var(--chalk-space-3);
  }
  .title {
    padding: clamp(var(--chalk-space-4), 4cqi, var(--chalk-space-6)) 0 0;
  }
  h1,
  h2,
  h3 {
    margin: 0;
    font-family: var(--chalk-font-prose);
    font-weight: 600;
    line-height: var(--chalk-leading-tight);
    text-wrap: balance;
  }
  h1 {
    font-size: var(--chalk-text-2xl);
  }
  h2 {
    font-size: var(--chalk-text-xl);
  }
  h3 {
    font-size: var(--chalk-text-l);
  }
  .embed h2 {
    font-size: var(--chalk-text-l);
  }
  .question {
    max-width: var(--chalk-measure);
    margin: var(--chalk-space-2) 0 0;
    color: var(--chalk-ink-soft);
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-l);
    line-height: var(--chalk-leading-prose);
    text-wrap: pretty;
  }
  .deck {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-2);
    padding: var(--chalk-space-3) 0;
    border-block: 1px solid var(--chalk-rule);
    background: var(--chalk-paper);
  }
  .promise {
    margin: 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .deck-line {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2) var(--chalk-space-4);
    align-items: center;
  }
  .deck-line > * {
    min-width: 0;
    max-width: 100%;
  }
  .deck-line chalk-phase-progress {
    flex: 1 1 16rem;
  }
  .source {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1) var(--chalk-space-2);
    align-items: center;
    min-height: var(--chalk-control-height);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .tag {
    padding: 0.05rem 0.5rem;
    border: 1px solid var(--chalk-model);
    border-radius: 1rem;
    color: var(--chalk-model);
    font-size: var(--chalk-text-xs);
    font-weight: 650;
    letter-spacing: 0.04em;
    text-transform: uppercase;
  }
  .notes {
    padding: 0;
    margin: 0;
    font-size: var(--chalk-text-s);
    list-style: none;
  }
  .stage {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-5);
    align-items: start;
  }
  .finding {
    min-height: calc(2 * var(--chalk-leading-ui) * var(--chalk-text-l));
    max-width: var(--chalk-page);
    margin: 0;
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-l);
    text-wrap: pretty;
  }
  .failure {
    margin: 0;
    color: var(--chalk-error);
  }
  .view {
    position: relative;
    min-width: 0;
  }
  .figure,
  .shown {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  /* Where its room is kept, what there is of it stands at the top. */
  .figure {
    align-content: start;
  }
  /* The grid spaces what stands in it. */
  :where(.figure, .shown) p {
    margin: 0;
  }
  .shown:empty {
    display: none;
  }
  /* Of the run before: it stays until the new one has something to show. */
  .finding.old,
  .stale :is(.figure, .shown, .finding) {
    opacity: 0.45;
    transition: opacity var(--chalk-duration);
  }
  .failed {
    position: absolute;
    z-index: 1;
    inset: 0 0 auto;
    box-shadow: var(--chalk-shadow);
  }
  .failed button {
    margin-inline-start: var(--chalk-space-2);
  }
  .rest {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-4);
    min-width: 0;
  }
  .lab table {
    display: block;
    max-width: 100%;
    overflow-x: auto;
    border-collapse: collapse;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .lab caption {
    padding: var(--chalk-space-1) 0;
    color: var(--chalk-ink-soft);
    text-align: start;
  }
  .lab :is(th, td) {
    padding: 0.3rem 0.9rem 0.3rem 0;
    border-bottom: 1px solid var(--chalk-rule);
    text-align: start;
    white-space: nowrap;
  }
  .lab thead th {
    border-bottom-color: var(--chalk-rule-strong);
    color: var(--chalk-ink-soft);
    font-weight: 600;
  }
  .lab td:not(:first-child) {
    text-align: end;
  }
  .lab th:not(:first-child) {
    text-align: end;
  }
  .remarks {
    padding: 0;
    margin: 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    list-style: none;
  }
  .remarks li::before {
    content: 'i';
    display: inline-block;
    width: 1.4em;
    height: 1.4em;
    margin-inline-end: 0.5em;
    border: 1px solid currentColor;
    border-radius: 50%;
    font-weight: 700;
    line-height: 1.3;
    text-align: center;
  }
  .side {
    min-width: 0;
    padding: var(--chalk-space-4);
    border: 1px solid var(--chalk-rule);
    border-radius: var(--chalk-radius-m);
    background: var(--chalk-surface);
  }
  .side > summary {
    margin: calc(-1 * var(--chalk-space-2));
    padding: var(--chalk-space-2);
    color: var(--chalk-ink-soft);
    cursor: pointer;
    font-weight: 600;
  }
  .side[open] > summary {
    margin-bottom: var(--chalk-space-2);
  }
  .preset {
    display: flex;
    gap: var(--chalk-space-2);
    align-items: center;
  }
  .preset label,
  .background {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .background {
    display: inline-flex;
    gap: 0.4em;
    align-items: center;
  }
  .background input {
    min-height: 1.5rem;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
  }
  .done {
    color: var(--chalk-ok);
    font-size: var(--chalk-text-s);
  }
  .pending {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    font-size: var(--chalk-text-s);
  }
  .section {
    min-width: 0;
    padding-top: var(--chalk-space-5);
  }
  .charts {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--chalk-space-4);
  }
  h2.cards {
    margin: var(--chalk-space-6) 0 var(--chalk-space-4);
    font-family: var(--chalk-font-prose);
    font-size: var(--chalk-text-xl);
    line-height: var(--chalk-leading-tight);
  }
  @container lab (max-width: 599.9px) {
    .finding {
      min-height: calc(4 * var(--chalk-leading-ui) * var(--chalk-text-m));
      font-size: var(--chalk-text-m);
    }
    .source {
      min-height: calc(var(--chalk-control-height) + 1.5rem);
    }
    .question {
      font-size: var(--chalk-text-m);
      line-height: var(--chalk-leading-ui);
    }
  }
  @container lab (min-width: 600px) {
    .lab:not(.embed) .side > summary {
      display: none;
    }
  }
  @container lab (min-width: 62rem) {
    .lab:not(.embed) .stage {
      grid-template-columns: minmax(0, 1fr) 19rem;
      grid-template-rows: auto 1fr;
    }
    .lab:not(.embed) .side {
      grid-row: 1 / span 2;
      grid-column: 2;
    }
    .lab:not(.embed) .deck {
      position: sticky;
      z-index: 2;
      top: 0;
    }
  }
`;

/** Running text of a lab: explanations, questions, answers. For everything inside `.prose`. */
export const proseStyles = css`
  .prose {
    max-width: var(--chalk-measure);
    font-family: var(--chalk-font-prose);
    font-size: 1.0625rem;
    line-height: var(--chalk-leading-prose);
    hyphens: auto;
    overflow-wrap: break-word;
  }
  .prose > * + * {
    margin-top: var(--chalk-space-4);
  }
  .prose p {
    margin-bottom: 0;
  }
  .prose h2 {
    margin-top: var(--chalk-space-6);
  }
  .prose math {
    font-size: 1.05em;
  }
  .prose .data {
    color: var(--chalk-data);
    font-weight: 600;
  }
  .prose .model {
    color: var(--chalk-model);
    font-weight: 600;
  }
  .prose button {
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-s);
  }
  .prose table {
    font-family: var(--chalk-font-ui);
  }
  .prose details {
    margin-top: var(--chalk-space-2);
  }
  .prose summary {
    color: var(--chalk-accent);
    cursor: pointer;
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-m);
  }
  .prose .ask {
    padding: var(--chalk-space-3) var(--chalk-space-4);
    border-inline-start: 3px solid var(--chalk-accent);
    border-radius: 0 var(--chalk-radius-s) var(--chalk-radius-s) 0;
    background: var(--chalk-accent-soft);
  }
  .prose .ask > :first-child {
    margin-top: 0;
  }
  .prose .ask h3 {
    color: var(--chalk-accent);
    font-family: var(--chalk-font-ui);
    font-size: var(--chalk-text-s);
    letter-spacing: 0.03em;
  }
  .prose .ask p {
    margin: var(--chalk-space-1) 0 0;
  }
  .references {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
`;
