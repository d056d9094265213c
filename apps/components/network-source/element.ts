import { css, html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import '../checkpoint-bar/element.ts';
import type { CheckpointFile } from '../checkpoint-bar/element.ts';
import { recall, type StoredCheckpoint } from '../checkpoint-bar/storage.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { type CheckpointFacts, checkpointFacts, factsText } from './facts.ts';

/** Under this name the classification lab leaves its last checkpoint in the browser. */
const CLASSIFY = 'classify';

export type NetworkKind = 'train' | 'file' | 'pretrained';

/** Detail of `network-give`. */
export interface GivenNetwork {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly facts: CheckpointFacts;
}

/**
 * Where the network comes from: trained here, the last one of the classification lab, a file by button or drop, or Tiny Darknet. What is
 * chosen goes to the run with its start; `runtime/network-source.ts` makes a network of it there.
 *
 * @element chalk-network-source
 * @attr {string} label - accessible name
 * @attr {train|file|pretrained} value - what is used now
 * @attr {string} verb - begins the button for the classification lab's network: `Use`, `Embed`, `Explain`
 * @attr {boolean} no-train - a network cannot be trained here
 * @attr {boolean} pretrained - offers Tiny Darknet
 * @attr {boolean} disabled
 * @fires network-give - the reader gave a network, as a file or from the classification lab; detail {@link GivenNetwork}
 * @fires network-choose - the reader wants one that needs no file; detail `{source: 'train' | 'pretrained'}`
 * @slot - a remark
 * @csspart source
 */
export class ChalkNetworkSource extends LitElement {
  static override properties = {
    label: { type: String },
    value: { type: String, reflect: true },
    verb: { type: String },
    noTrain: { type: Boolean, attribute: 'no-train' },
    pretrained: { type: Boolean },
    disabled: { type: Boolean },
    names: { attribute: false },
    stored: { state: true },
    facts: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      p,
      ::slotted(*) {
        margin: var(--chalk-space-1) 0 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
        overflow-wrap: anywhere;
      }
    `,
  ];

  declare label: string;
  declare value: NetworkKind;
  declare verb: string;
  declare noTrain: boolean;
  declare pretrained: boolean;
  declare disabled: boolean;
  /** Names of the files in use. */
  declare names: readonly string[];
  /** What the classification lab left in this browser. */
  declare private stored: StoredCheckpoint | null;
  /** Of the last file that was given. */
  declare private facts: CheckpointFacts;

  constructor() {
    super();
    this.label = 'Network';
    this.value = 'train';
    this.verb = 'Use';
    this.noTrain = false;
    this.pretrained = false;
    this.disabled = false;
    this.names = [];
    this.stored = null;
    this.facts = {};
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void recall(CLASSIFY).then((found) => {
      this.stored = found ?? null;
    });
  }

  private give(name: string, bytes: Uint8Array): void {
    this.facts = checkpointFacts(bytes);
    this.dispatchEvent(chalkEvent<GivenNetwork>('network-give', { name, bytes, facts: this.facts }));
  }

  private choose(source: 'train' | 'pretrained'): void {
    this.dispatchEvent(chalkEvent('network-choose', { source }));
  }

  private status(): string {
    if (this.value === 'pretrained') return 'Network: Tiny Darknet, trained on ImageNet.';
    if (this.value === 'train') return 'Network: a small one, trained here.';
    if (this.names.length === 0) return 'No network yet.';
    const known = factsText(this.facts);
    return `Network: ${this.names.join(', ')}${known ? ` (${known})` : ''}.`;
  }

  protected override render() {
    const { stored, disabled, value } = this;
    return html`<div part="source" role="group" aria-label=${this.label}>
      <chalk-checkpoint-bar no-save .checkpoint=${null} ?no-load=${disabled}
        @checkpoint-load=${(event: CustomEvent<CheckpointFile>) => {
          event.stopPropagation();
          this.give(event.detail.name, event.detail.bytes);
        }}>
        ${
          stored
            ? html`<button ?disabled=${disabled} @click=${() => this.give('classification lab', stored.bytes)}>${this.verb} the network of the classification lab</button>`
            : nothing
        }
        ${
          this.pretrained && value !== 'pretrained'
            ? html`<button ?disabled=${disabled} @click=${() => this.choose('pretrained')}>${this.verb} Tiny Darknet</button>`
            : nothing
        }
        ${
          !this.noTrain && value !== 'train'
            ? html`<button class="quiet" ?disabled=${disabled} @click=${() => this.choose('train')}>Train one here instead</button>`
            : nothing
        }
      </chalk-checkpoint-bar>
      <p role="status">${this.status()}</p>
      <slot></slot>
    </div>`;
  }
}

define('chalk-network-source', ChalkNetworkSource);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-network-source': ChalkNetworkSource;
  }
}
