import { css } from 'lit';

export const controlsStyles = css`
  :host {
    container-type: inline-size;
  }
  .group {
    min-width: 0;
    padding-bottom: var(--chalk-space-3);
  }
  details.group {
    border-top: 1px solid var(--chalk-rule);
  }
  details.group:first-child {
    border-top: 0;
  }
  summary {
    padding: var(--chalk-space-2) 0;
    color: var(--chalk-ink-soft);
    cursor: pointer;
    font-size: var(--chalk-text-s);
    font-weight: 600;
  }
  summary .badge {
    margin-inline-start: 0.5em;
    font-weight: 400;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
    gap: var(--chalk-space-3) var(--chalk-space-5);
  }
  .control {
    min-width: 0;
    padding: var(--chalk-space-1) var(--chalk-space-2);
    margin: 0 calc(-1 * var(--chalk-space-2));
    border-inline-start: 2px solid transparent;
    border-radius: var(--chalk-radius-s);
  }
  .control.pending {
    border-inline-start-color: var(--chalk-warning);
  }
  .control.selected {
    background: var(--chalk-selected);
    color: var(--chalk-selected-ink);
  }
  .control.selected :is(.badge, .unit, .help) {
    color: inherit;
  }
  @media (forced-colors: active) {
    /* A transparent border would be painted: every control would look as if it waited for a restart. */
    .control {
      border-inline-start-color: Canvas;
    }
    .control.pending {
      border-inline-start-color: CanvasText;
    }
    /* Text has a backplate of the page's colour, so the background must be that too. */
    .control.selected {
      outline: 3px solid Highlight;
      background: Canvas;
      color: CanvasText;
    }
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--chalk-space-1);
    align-items: center;
    min-height: 1.75rem;
  }
  label {
    min-width: 0;
    font-size: var(--chalk-text-m);
  }
  .symbol {
    font-size: 1.1em;
  }
  button.symbol {
    min-width: 1.5rem;
    min-height: 1.5rem;
    padding: 0 0.25em;
    border: 0;
    background: none;
  }
  .badge {
    margin-inline-start: auto;
    color: var(--chalk-ink-faint);
    font-size: var(--chalk-text-xs);
    letter-spacing: 0.02em;
  }
  .badge.restart::before {
    content: '↻ ';
  }
  .value {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: var(--chalk-space-3);
    align-items: center;
  }
  .value.single {
    grid-template-columns: minmax(0, 1fr);
  }
  input[type='range'] {
    width: 100%;
    min-height: 1.5rem;
    margin: 0;
    background: none;
    cursor: pointer;
  }
  .field {
    display: flex;
    gap: var(--chalk-space-1);
    align-items: center;
  }
  input.number {
    width: 6.5rem;
    text-align: end;
  }
  [aria-invalid='true'] {
    border-color: var(--chalk-error);
  }
  .control.wrong {
    border-inline-start-color: var(--chalk-error);
  }
  .fault {
    margin: 0;
    color: var(--chalk-error);
    font-size: var(--chalk-text-s);
  }
  .unit {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  select,
  input.text {
    width: 100%;
    min-width: 0;
  }
  .check {
    display: flex;
    gap: var(--chalk-space-2);
    align-items: center;
  }
  .check input {
    width: 1.5rem;
    height: 1.5rem;
    min-height: 0;
    margin: 0;
  }
  button.reset {
    min-width: 1.5rem;
    min-height: 1.5rem;
    padding: 0 0.3em;
    font-size: var(--chalk-text-s);
  }
  .help,
  .note {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .note {
    color: var(--chalk-warning);
  }
  button.about {
    min-width: 1.4rem;
    min-height: 1.4rem;
    padding: 0;
    border-radius: 50%;
    color: var(--chalk-ink-faint);
    font-size: var(--chalk-text-xs);
    min-width: 1.5rem;
    min-height: 1.5rem;
  }
  .control.selected button.about {
    color: inherit;
  }
  .all {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    align-items: center;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
`;
