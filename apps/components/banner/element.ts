import { html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { bannerStyles } from './styles.ts';

export type BannerKind = 'error' | 'warning' | 'note' | 'ok';

const icons: Readonly<Record<BannerKind, string>> = { error: '✕', warning: '!', note: 'i', ok: '✓' };
const names: Readonly<Record<BannerKind, string>> = { error: 'Error', warning: 'Warning', note: 'Note', ok: 'Done' };

/**
 * A message that stays until it is dealt with. Errors are announced at once, others when the reader's software is free.
 * @summary A visible message: error, warning, note or success.
 * @element chalk-banner
 * @attr {error|warning|note|ok} kind - what it is; default `note`
 * @attr {string} heading - first words, in bold; for an error the name of its type
 * @attr {boolean} dismissible - shows a button that closes it
 * @slot - the message, and buttons that do something about it
 * @fires banner-close - the reader closed it
 * @csspart box - the frame
 */
export class ChalkBanner extends LitElement {
  static override properties = {
    kind: { type: String },
    heading: { type: String },
    dismissible: { type: Boolean },
  };
  static override styles = [baseStyles, bannerStyles];

  declare kind: BannerKind;
  declare heading: string;
  declare dismissible: boolean;

  constructor() {
    super();
    this.kind = 'note';
    this.heading = '';
    this.dismissible = false;
  }

  private close(): void {
    this.dispatchEvent(chalkEvent('banner-close', {}));
  }

  override render() {
    const kind = this.kind in icons ? this.kind : 'note';
    const close = html`<button class="quiet close" aria-label="Close this message" @click=${this.close}>✕</button>`;
    return html`<div class="banner ${kind}" part="box" role=${kind === 'error' ? 'alert' : 'status'}>
      <span class="icon" aria-hidden="true">${icons[kind]}</span>
      <div class="text">
        <span class="visually-hidden">${names[kind]}: </span>
        ${this.heading ? html`<span class="heading">${this.heading}</span> ` : nothing}
        <slot></slot>
      </div>
      ${this.dismissible ? close : nothing}
    </div>`;
  }
}

define('chalk-banner', ChalkBanner);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-banner': ChalkBanner;
  }
}
