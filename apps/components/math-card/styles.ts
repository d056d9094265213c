import { css } from 'lit';

export const mathCardStyles = css`
  :host {
    min-width: 0;
    container-type: inline-size;
  }
  article {
    border: 1px solid var(--chalk-rule);
    border-radius: var(--chalk-radius-m);
    background: var(--chalk-surface);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: var(--chalk-space-1) var(--chalk-space-3);
    padding: var(--chalk-space-3) var(--chalk-space-4) 0;
  }
  h3 {
    flex: 1 1 auto;
    margin: 0;
    font-size: var(--chalk-text-l);
    line-height: var(--chalk-leading-tight);
  }
  .why {
    max-width: var(--chalk-measure);
    margin: var(--chalk-space-1) var(--chalk-space-4) 0;
  }
  .reference {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .equation {
    overflow-x: auto;
    padding: var(--chalk-space-3) var(--chalk-space-4);
    font-size: 1.2rem;
  }
  .equation math {
    margin: var(--chalk-space-1) 0;
  }
  [data-term] {
    border-radius: 2px;
    cursor: pointer;
  }
  .equation [data-term] {
    padding: 1px 2px;
  }
  .equation [data-term]:hover,
  .code [data-term]:hover {
    background: var(--chalk-accent-soft);
  }
  [data-term].on {
    background: var(--chalk-selected);
    color: var(--chalk-selected-ink);
    outline: 1px solid var(--chalk-ink-soft);
  }
  .code [data-term] {
    border-bottom: 1px dotted var(--chalk-ink-faint);
  }
  .code [data-term].on * {
    color: inherit;
  }
  .terms {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-1);
    padding: 0 var(--chalk-space-4);
  }
  .terms button {
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  .terms button[aria-checked='true'] {
    border-color: var(--chalk-ink-soft);
    background: var(--chalk-selected);
    color: var(--chalk-selected-ink);
  }
  .symbol {
    font-family: var(--chalk-font-math);
    font-size: 1.1em;
    font-style: italic;
  }
  .meaning {
    min-height: 1.5em;
    margin: var(--chalk-space-2) 0;
    padding: 0 var(--chalk-space-4);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .tabs {
    display: none;
    border-top: 1px solid var(--chalk-rule);
  }
  .tabs button {
    flex: 1;
    border: 0;
    border-bottom: 2px solid transparent;
    border-radius: 0;
    background: transparent;
    font-size: var(--chalk-text-s);
  }
  .tabs button[aria-selected='true'] {
    border-bottom-color: var(--chalk-accent);
    font-weight: 600;
  }
  .panes {
    display: grid;
    grid-template-columns: repeat(var(--panes), minmax(0, 1fr));
    border-top: 1px solid var(--chalk-rule);
  }
  .pane {
    display: flex;
    flex-direction: column;
    min-width: 0;
    padding: var(--chalk-space-2) 0 0;
  }
  .code {
    flex: 1;
  }
  .pane + .pane {
    border-inline-start: 1px solid var(--chalk-rule);
  }
  .pane-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-1) var(--chalk-space-2);
    padding: 0 var(--chalk-space-3) var(--chalk-space-1);
  }
  h4 {
    margin: 0;
    font-size: var(--chalk-text-s);
  }
  .file {
    flex: 1 1 auto;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-xs);
    overflow-wrap: anywhere;
  }
  .pane-head button,
  .pane-head select {
    min-height: 1.6rem;
    padding: 0 var(--chalk-space-1);
    font-size: var(--chalk-text-xs);
  }
  .pane-head button[aria-pressed='true'] {
    border-color: var(--chalk-accent);
    background: var(--chalk-accent-soft);
  }
  .code {
    max-height: var(--chalk-math-card-code-height, 24rem);
    margin: 0;
    overflow: auto;
    border-top: 1px solid var(--chalk-rule);
    background: var(--chalk-sunken);
    font-size: var(--chalk-text-s);
    line-height: 1.5;
    tab-size: 2;
  }
  .line {
    display: block;
    padding-inline: 4em var(--chalk-space-3);
    /* What does not fit goes on below, indented behind its number. */
    overflow-wrap: anywhere;
    text-indent: -4em;
    white-space: pre-wrap;
  }
  .code > details {
    display: block;
  }
  .code summary {
    color: inherit;
    list-style: none;
  }
  .code summary::-webkit-details-marker {
    display: none;
  }
  .code details:not([open]) > summary .line::after {
    content: ' … }';
    color: var(--chalk-ink-faint);
  }
  .code details:not([open]) > summary:hover .line::after {
    color: var(--chalk-accent);
  }
  .line::before {
    content: attr(data-line);
    display: inline-block;
    width: 3.2em;
    margin-inline-end: 0.8em;
    color: var(--chalk-ink-faint);
    text-align: end;
    text-indent: 0;
    user-select: none;
  }
  .ran {
    flex: 1 1 100%;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-xs);
  }
  .ran.here {
    color: var(--chalk-ok);
    font-weight: 600;
  }
  .checks .ran {
    font-weight: 400;
  }
  .skip {
    display: block;
    padding-inline-start: 2.4em;
    color: var(--chalk-ink-faint);
    user-select: none;
  }
  .k {
    color: var(--chalk-accent);
  }
  .t {
    color: var(--chalk-note);
  }
  .n,
  .s {
    color: var(--chalk-warning);
  }
  .c {
    color: var(--chalk-ink-soft);
    font-style: italic;
  }
  .f {
    font-weight: 600;
  }
  .tensors {
    grid-column: 1 / -1;
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
    gap: var(--chalk-space-3);
    padding: var(--chalk-space-3);
    border-top: 1px solid var(--chalk-rule);
    border-inline-start: 0 !important;
  }
  .tensors .pane-head {
    grid-column: 1 / -1;
    padding: 0;
  }
  .tensor {
    padding: var(--chalk-space-1);
    border: 2px solid transparent;
    border-radius: var(--chalk-radius-s);
  }
  .tensor.on {
    border-color: var(--chalk-ink-soft);
    background: color-mix(in oklab, var(--chalk-selected) 35%, transparent);
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-2) var(--chalk-space-3);
    padding: var(--chalk-space-2) var(--chalk-space-4) var(--chalk-space-3);
    border-top: 1px solid var(--chalk-rule);
    font-size: var(--chalk-text-s);
  }
  footer .fold {
    min-height: 1.75rem;
    font-size: var(--chalk-text-s);
  }
  footer details {
    flex: 1 1 14rem;
  }
  summary {
    cursor: pointer;
    color: var(--chalk-ink-soft);
  }
  dl {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 0 var(--chalk-space-3);
    margin: var(--chalk-space-1) 0 0;
  }
  dt {
    font-family: var(--chalk-font-math);
    font-style: italic;
  }
  dd {
    margin: 0;
  }
  .checks {
    flex: 1 1 100%;
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.1rem 0.7rem 0.1rem 0;
    text-align: start;
    vertical-align: baseline;
  }
  .pass {
    color: var(--chalk-ok);
    font-weight: 600;
  }
  .fail {
    color: var(--chalk-error);
    font-weight: 600;
  }
  @container (max-width: 38rem) {
    .tabs.many {
      display: flex;
    }
    .panes {
      display: block;
    }
    .tensors {
      display: grid;
    }
    .tabs.many + .panes > .pane:not(.shown) {
      display: none;
    }
    .pane + .pane {
      border-inline-start: 0;
    }
  }
  @media (forced-colors: active) {
    [data-term].on {
      outline: 2px solid Highlight;
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
    .terms button[aria-checked='true'] {
      forced-color-adjust: none;
      border-color: Highlight;
      background: Highlight;
      color: HighlightText;
    }
    .tabs button {
      border-bottom-color: Canvas;
    }
    .tabs button[aria-selected='true'] {
      border-bottom-color: Highlight;
    }
    .tensor {
      border-color: Canvas;
    }
    .tensor.on {
      border-color: Highlight;
    }
  }
`;
