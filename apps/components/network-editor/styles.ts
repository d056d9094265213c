import { css } from 'lit';

export const editorStyles = css`
  :host {
    min-width: 0;
    container-type: inline-size;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-2);
    margin-bottom: var(--chalk-space-1);
  }
  .label {
    flex: 1 1 auto;
    font-weight: 600;
  }
  .total,
  .input {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .input {
    margin: 0 0 var(--chalk-space-1);
  }
  .head button {
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  button[aria-pressed='true'] {
    border-color: var(--chalk-accent);
    background: var(--chalk-accent-soft);
  }
  ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    margin-inline-start: calc(var(--depth) * 1.25rem);
    border-inline-start: 3px solid var(--chalk-rule);
    border-bottom: 1px solid var(--chalk-rule);
    padding: var(--chalk-space-1) 0 var(--chalk-space-1) var(--chalk-space-2);
  }
  li.wrong {
    border-inline-start-color: var(--chalk-error);
    background: var(--chalk-error-soft);
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-1) var(--chalk-space-2);
    font-size: var(--chalk-text-s);
  }
  .line select,
  .line input,
  .line button {
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  .index {
    min-width: 1.5rem;
    color: var(--chalk-ink-soft);
  }
  .fields {
    display: flex;
    flex: 1 1 auto;
    flex-wrap: wrap;
    gap: var(--chalk-space-1) var(--chalk-space-2);
  }
  .fields label {
    display: inline-flex;
    align-items: center;
    gap: var(--chalk-space-1);
    color: var(--chalk-ink-soft);
  }
  .fields input[type='text'] {
    width: 3.4rem;
    color: var(--chalk-ink);
  }
  .facts {
    display: inline-flex;
    gap: var(--chalk-space-3);
    color: var(--chalk-ink-soft);
    white-space: nowrap;
  }
  .count {
    min-width: 4rem;
    text-align: end;
  }
  .actions {
    display: inline-flex;
  }
  .actions button {
    min-width: 1.75rem;
    padding: 0;
    border-color: transparent;
    background: transparent;
  }
  .problem {
    margin: var(--chalk-space-1) 0 0;
    color: var(--chalk-error);
    font-size: var(--chalk-text-s);
  }
  .add {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2);
    margin-top: var(--chalk-space-2);
  }
  textarea {
    width: 100%;
    min-height: 12rem;
    padding: var(--chalk-space-2);
    font-family: var(--chalk-font-mono);
    font-size: var(--chalk-text-s);
  }
`;
