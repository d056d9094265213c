/** Values on a shared axis, a row each: bars, marks, intervals. The numbers stand in tables too, so a screen reader gets one sentence. */
import { css, html, nothing, type TemplateResult } from 'lit';

export interface TrackMark {
  readonly at: number;
  /** Which of the figure's kinds; the legend names them. */
  readonly kind: 'model' | 'data';
  readonly title: string;
}

export interface TrackRow {
  readonly name: string;
  /** Ends of a bar that starts at the left end. */
  readonly bar?: number | null;
  /** Ends of an interval. */
  readonly span?: readonly [low: number, high: number];
  readonly marks: readonly TrackMark[];
  /** At the right. */
  readonly text: string;
  /** Stands out: a faulty label, a difference that is one. */
  readonly strong?: boolean;
}

export interface Tracks {
  /** What a screen reader says. */
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  readonly rows: readonly TrackRow[];
  /** A line through all rows, such as θ or zero. */
  readonly line?: number;
}

export function tracks({ label, from, to, ticks, rows, line }: Tracks): TemplateResult {
  const percent = (value: number) => Math.min(100, Math.max(0, (100 * (value - from)) / (to - from)));
  const left = (value: number) => `left:${percent(value)}%`;
  const row = ({ name, bar, span, marks, text, strong }: TrackRow) => html`<div class="track-row ${strong ? 'strong' : ''}">
      <span class="track-name">${name}</span>
      <span class="track">
        ${bar == null ? nothing : html`<i class="bar" style="width:${percent(bar)}%"></i>`}
        ${line === undefined ? nothing : html`<i class="limit" style=${left(line)}></i>`}
        ${span ? html`<i class="span" style="left:${percent(span[0])}%;width:${percent(span[1]) - percent(span[0])}%"></i>` : nothing}
        ${marks.map((mark) => html`<i class="mark ${mark.kind}" style=${left(mark.at)} title=${mark.title}></i>`)}
      </span>
      <span class="track-text">${text}</span>
    </div>`;
  return html`<div class="tracks" role="img" aria-label=${label}>
    ${rows.map(row)}
    <div class="track-row axis"><span></span>
      <span class="track">${ticks.map(({ at, text }) => html`<i class="tick" style=${left(at)}>${text}</i>`)}</span><span></span></div>
  </div>`;
}

export const trackStyles = css`
  .tracks {
    display: grid;
    grid-template-columns: fit-content(9rem) minmax(4rem, 1fr) fit-content(8.5rem);
    gap: 0.2rem var(--chalk-space-2);
    align-items: center;
    font-size: var(--chalk-text-s);
    font-variant-numeric: tabular-nums;
  }
  .track-row {
    display: contents;
  }
  .strong :is(.track-name, .track-text) {
    font-weight: 600;
  }
  .track {
    position: relative;
    height: 1.1rem;
    margin-inline: 0.4rem;
    border-inline-start: 1px solid var(--chalk-rule-strong);
    background: linear-gradient(var(--chalk-rule), var(--chalk-rule)) 0 50% / 100% 1px no-repeat;
  }
  .track i {
    position: absolute;
    top: 50%;
    transform: translate(-50%, -50%);
    font-style: normal;
  }
  .track .bar {
    left: 0;
    height: 0.7rem;
    transform: translateY(-50%);
    background: var(--chalk-rule-strong);
    opacity: 0.55;
  }
  .strong .bar {
    background: var(--chalk-error);
  }
  .track .limit {
    height: 100%;
    border-inline-start: 2px dotted var(--chalk-ink-soft);
  }
  .track .span {
    height: 3px;
    transform: translateY(-50%);
    background: var(--chalk-model);
    opacity: 0.6;
  }
  .mark {
    box-sizing: border-box;
    width: 0.6rem;
    height: 0.6rem;
    border: 2px solid var(--chalk-data);
    background: var(--chalk-paper);
  }
  .mark.model {
    border-color: var(--chalk-model);
    border-radius: 50%;
    background: var(--chalk-model);
  }
  .axis .track {
    border: 0;
    background: none;
  }
  .track .tick {
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-xs);
    white-space: nowrap;
  }
  .track-legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--chalk-space-4);
    margin: 0 0 var(--chalk-space-2);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .track-legend i {
    display: inline-block;
    margin-inline-end: 0.3rem;
  }
  .track-legend .bar {
    width: 0.6rem;
    height: 0.6rem;
    background: var(--chalk-rule-strong);
    opacity: 0.55;
  }
  @container (max-width: 26rem) {
    .tracks {
      grid-template-columns: fit-content(6rem) minmax(3rem, 1fr) fit-content(7rem);
    }
  }
`;
