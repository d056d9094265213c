import { facts } from 'virtual:lab-facts';
import { css, html, LitElement, nothing } from 'lit';
import { define } from '../components/shared/define.ts';
import { levelOf } from '../labs/guide.ts';
import { type LabEntry, labs } from '../labs/registry.ts';
import { siteRoot } from '../site-root.ts';
import { formatDuration } from './run-times.ts';
import { baseStyles } from './styles.ts';

/**
 * One card per lab that exists: title, question, a picture from a real run.
 * @summary The cards of the home page.
 * @element chalk-lab-list
 */
export class ChalkLabList extends LitElement {
  static override styles = [
    baseStyles,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr));
        gap: var(--chalk-space-5);
        padding: 0;
        margin: 0;
        list-style: none;
      }
      li {
        position: relative;
        display: flex;
        flex-direction: column;
        border: 1px solid var(--chalk-rule);
        border-radius: var(--chalk-radius-l);
        overflow: hidden;
        background: var(--chalk-surface);
        transition: border-color var(--chalk-duration), box-shadow var(--chalk-duration);
      }
      li:hover,
      li:focus-within {
        border-color: var(--chalk-accent);
        box-shadow: var(--chalk-shadow);
      }
      img,
      .blank {
        display: block;
        width: 100%;
        height: auto;
        aspect-ratio: 16 / 9;
        border-bottom: 1px solid var(--chalk-rule);
        object-fit: cover;
        background: var(--chalk-sunken);
      }
      .blank {
        display: grid;
        place-items: center;
        background: var(--chalk-board);
        color: color-mix(in oklab, var(--chalk-board-ink) 55%, transparent);
        font-family: var(--chalk-font-prose);
        font-size: 3rem;
        font-style: italic;
      }
      .text {
        display: grid;
        gap: var(--chalk-space-2);
        padding: var(--chalk-space-4);
      }
      h3 {
        margin: 0;
        font-family: var(--chalk-font-prose);
        font-size: var(--chalk-text-l);
        line-height: var(--chalk-leading-tight);
      }
      a {
        color: inherit;
        text-decoration: none;
      }
      a::after {
        position: absolute;
        inset: 0;
        content: '';
      }
      a:focus-visible {
        outline: none;
      }
      li:has(a:focus-visible) {
        outline: var(--chalk-focus-width) solid var(--chalk-focus);
        outline-offset: 2px;
      }
      p {
        margin: 0;
        color: var(--chalk-ink-soft);
        font-family: var(--chalk-font-prose);
        line-height: 1.5;
        text-wrap: pretty;
      }
      p.level {
        font-family: var(--chalk-font-ui);
        font-size: var(--chalk-text-xs);
        line-height: var(--chalk-leading-ui);
      }
    `,
  ];

  private renderCard({ definition, picture }: LabEntry, place: number) {
    const { id, title, question } = definition;
    const [level, fact] = [levelOf(id), facts[id]];
    return html`<li>
      ${picture ? html`<img src=${picture} alt="" loading="lazy" width="640" height="360" />` : html`<div class="blank" aria-hidden="true">${title.slice(0, 1)}</div>`}
      <div class="text">
        <p class="level">${place} of ${labs.length}${level ? ` · ${level}` : ''}${fact ? ` · recorded run: ${formatDuration(fact.seconds)} (${fact.device})` : ''}</p>
        <h3><a href=${new URL(`labs/${id}/index.html`, siteRoot).href}>${title}</a></h3>
        <p>${question}</p>
      </div>
    </li>`;
  }

  override render() {
    if (labs.length === 0) return nothing;
    return html`<ul>${labs.map((lab, i) => this.renderCard(lab, i + 1))}</ul>`;
  }
}

define('chalk-lab-list', ChalkLabList);
