import { css } from 'lit';

export const transportStyles = css`
  :host {
    container: transport / inline-size;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: var(--chalk-space-2) var(--chalk-space-3);
    align-items: center;
  }
  .group {
    display: flex;
    gap: var(--chalk-space-1);
    align-items: center;
  }
  button {
    display: inline-flex;
    gap: 0.4em;
    align-items: center;
    justify-content: center;
    min-width: 2.25rem;
    white-space: nowrap;
  }
  button.play {
    min-width: 7.25rem;
    min-height: 2.5rem;
    font-weight: 600;
  }
  svg {
    width: 1em;
    height: 1em;
    fill: currentColor;
  }
  label {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  input.steps {
    width: 4.25rem;
    text-align: end;
  }
  input.seed {
    width: 5.75rem;
    text-align: end;
  }
  .secondary {
    display: contents;
  }
  .more {
    display: none;
  }
  @container transport (max-width: 32rem) {
    .more {
      display: inline-flex;
    }
    .secondary:not(.open) {
      display: none;
    }
    /* A line of its own from the press of the button on: what comes and goes in it moves nothing. */
    .eta.held {
      flex-basis: 100%;
      min-height: 1.4em;
    }
    .eta:not(.held) {
      display: none;
    }
  }
  .eta {
    flex: 1 1 7em;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
`;
