import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { define } from '../components/shared/define.ts';
import { type Snippet, snippets } from '../embed/snippets.ts';
import type { AnyDefinition } from '../runtime/experiment.ts';
import type { Config } from '../runtime/link.ts';
import { partsOf } from '../runtime/parts.ts';
import type { Parameter } from '../runtime/schema.ts';
import { siteRoot } from '../site-root.ts';
import { baseStyles } from './styles.ts';

type Visibility = 'free' | 'lock' | 'hide';

/**
 * Makes links and code to embed for a course page: which parameters and parts of the lab a student may change, which are shown but
 * locked, which are not shown. The present state of the lab is in all of them.
 * @summary Dialog that builds teachers' links.
 * @element chalk-link-builder
 */
export class ChalkLinkBuilder extends LitElement {
  static override properties = {
    target: { attribute: false },
    preset: { attribute: false },
    config: { attribute: false },
    choices: { state: true },
    autostart: { state: true },
    copied: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      dialog {
        width: min(46rem, calc(100vw - 2rem));
        max-height: calc(100vh - 2rem);
        padding: var(--chalk-space-5);
        border: 1px solid var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-l);
        background: var(--chalk-paper);
        color: var(--chalk-ink);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      h2 {
        margin: 0 0 var(--chalk-space-2);
        font-family: var(--chalk-font-prose);
        font-size: var(--chalk-text-xl);
      }
      h3 {
        margin: var(--chalk-space-4) 0 var(--chalk-space-1);
        font-size: var(--chalk-text-m);
      }
      .parameters {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: var(--chalk-space-1) var(--chalk-space-3);
        align-items: center;
        max-height: 16rem;
        padding: var(--chalk-space-2);
        border: 1px solid var(--chalk-rule);
        border-radius: var(--chalk-radius-s);
        overflow: auto;
      }
      textarea {
        width: 100%;
        min-height: 2.5rem;
        padding: var(--chalk-space-2);
        font-family: var(--chalk-font-mono);
        font-size: var(--chalk-text-s);
        resize: vertical;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-2);
        align-items: center;
        justify-content: space-between;
      }
      .use {
        margin: 0 0 var(--chalk-space-1);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
        overflow-wrap: anywhere;
      }
      label.inline {
        display: flex;
        gap: var(--chalk-space-2);
        align-items: center;
        margin-top: var(--chalk-space-3);
      }
    `,
  ];

  declare target: AnyDefinition;
  /** The lab as it stands. */
  declare preset: string;
  declare config: Config;
  declare private choices: Readonly<Record<string, Visibility>>;
  declare private autostart: boolean;
  declare private copied: string;

  constructor() {
    super();
    this.choices = {};
    this.autostart = false;
    this.copied = '';
  }

  open(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  private keys(visibility: Visibility): string[] {
    return Object.entries(this.choices).flatMap(([key, value]) => (value === visibility ? [key] : []));
  }

  private get texts(): readonly Snippet[] {
    const teacher = { hide: this.keys('hide'), lock: this.keys('lock'), autostart: this.autostart };
    const { target: definition, preset, config } = this;
    return snippets({ definition, preset, config, teacher, site: siteRoot.href });
  }

  private async copy(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.copied = `${what} copied.`;
    } catch {
      this.copied = 'The browser does not allow copying; select the text instead.';
    }
  }

  private renderChoice(key: string, label: string): TemplateResult {
    const id = `choice-${key === '*' ? 'all' : key}`;
    const choose = (event: Event) => {
      this.choices = { ...this.choices, [key]: (event.target as HTMLSelectElement).value as Visibility };
    };
    return html`<label for=${id}>${label}</label>
      <select id=${id} @change=${choose}>
        <option value="free">can be changed</option>
        <option value="lock">is shown, locked</option>
        <option value="hide">is not shown</option>
      </select>`;
  }

  private renderText({ door, name, use, code, policy }: Snippet): TemplateResult {
    return html`<div class="row"><h3 id=${door}>${name}</h3><button aria-label="Copy ${name}" @click=${() => this.copy(code, name)}>Copy</button></div>
      <p class="use">${use}</p>
      <textarea readonly aria-labelledby=${door} rows=${Math.min(8, code.split('\n').length + 1)} .value=${code}></textarea>
      ${policy ? html`<p class="use">A page with a Content-Security-Policy must allow: <code>${policy}</code></p>` : nothing}`;
  }

  override render() {
    if (!this.target) return nothing;
    return html`<dialog aria-labelledby="heading" @close=${() => this.remove()}>
      <div class="row"><h2 id="heading">A link for a course page</h2>
        <button @click=${() => this.renderRoot.querySelector('dialog')?.close()}>Close</button></div>
      <p>It opens the lab as it stands now. Choose what students may change.</p>
      <div class="parameters" tabindex="0" role="group" aria-label="Parameters and parts">
        ${this.renderChoice('*', 'everything that changes the training')}
        ${(Object.entries(this.target.schema) as [string, Parameter][]).map(([key, p]) => this.renderChoice(key, p.label))}
        ${Object.entries(partsOf(this.target.parts)).map(([key, { label }]) => this.renderChoice(key, label))}
      </div>
      <label class="inline"><input type="checkbox" @change=${(event: Event) => {
        this.autostart = (event.target as HTMLInputElement).checked;
      }} />start by itself when it is first seen</label>
      ${this.texts.map((text) => this.renderText(text))}
      <p role="status">${this.copied}</p>
    </dialog>`;
  }
}

define('chalk-link-builder', ChalkLinkBuilder);
