import { css, html, LitElement } from 'lit';
import { define } from '../components/shared/define.ts';
import { baseStyles } from './styles.ts';

const choices = ['auto', 'light', 'dark'] as const;
type Choice = (typeof choices)[number];
/** Also read by the first script of every page, so that it never flashes in the wrong colours. */
const storageKey = 'chalk-theme';

function stored(): Choice {
  try {
    const value = localStorage.getItem(storageKey) as Choice | null;
    return value && choices.includes(value) ? value : 'auto';
  } catch {
    return 'auto';
  }
}

/**
 * Light, dark, or what the system says; kept in the browser.
 * @summary The site's theme switch.
 * @element chalk-theme-switch
 */
export class ChalkThemeSwitch extends LitElement {
  static override properties = { choice: { state: true } };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-block;
        color: inherit;
        font-size: var(--chalk-text-s);
      }
      select {
        border-color: color-mix(in oklab, currentColor 45%, transparent);
        background: transparent;
        color: inherit;
      }
      option {
        background: var(--chalk-surface);
        color: var(--chalk-ink);
      }
    `,
  ];

  declare private choice: Choice;

  constructor() {
    super();
    this.choice = stored();
  }

  private choose(event: Event): void {
    this.choice = (event.target as HTMLSelectElement).value as Choice;
    if (this.choice === 'auto') document.documentElement.removeAttribute('theme');
    else document.documentElement.setAttribute('theme', this.choice);
    try {
      localStorage.setItem(storageKey, this.choice);
    } catch {
      // Storage may be forbidden (private windows, sandboxed frames): the choice then holds for this page only.
    }
    document.dispatchEvent(new Event('chalk-theme'));
  }

  override render() {
    return html`<select aria-label="Colour theme" @change=${this.choose}>
      ${choices.map((c) => html`<option value=${c} .selected=${c === this.choice}>${{ auto: 'Auto', light: 'Light', dark: 'Dark' }[c]}</option>`)}
    </select>`;
  }
}

define('chalk-theme-switch', ChalkThemeSwitch);
