import { css, html, LitElement, nothing } from 'lit';
import type { DeviceInfo } from '../../runtime/experiment.ts';
import { baseStyles } from '../../shell/styles.ts';
import { siteRoot } from '../../site-root.ts';
import { define } from '../shared/define.ts';

/**
 * Names what computes, so that no number is mistaken for a GPU's: a software adapter says so. Links to the device check.
 * @summary The device that a run computes on.
 * @element chalk-adapter-badge
 * @csspart badge - the badge
 */
export class ChalkAdapterBadge extends LitElement {
  static override properties = {
    device: { attribute: false },
    recorded: { type: Boolean },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-block;
        max-width: 100%;
      }
      .badge {
        display: inline-flex;
        max-width: 100%;
        gap: 0.45em;
        align-items: center;
        padding: 0.1rem 0.6rem;
        border: 1px solid var(--chalk-rule);
        border-radius: 1rem;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
        text-decoration: none;
        white-space: nowrap;
      }
      .badge:hover {
        border-color: var(--chalk-accent);
      }
      .dot {
        flex: none;
        width: 0.55em;
        height: 0.55em;
        border: 1px solid currentColor;
        border-radius: 50%;
      }
      .gpu .dot {
        border-color: var(--chalk-ok);
        background: var(--chalk-ok);
      }
      .software .dot {
        border-color: var(--chalk-warning);
        background: var(--chalk-warning);
      }
      .name {
        overflow: hidden;
        max-width: 16rem;
        text-overflow: ellipsis;
      }
    `,
  ];

  /** Absent before anything has been started. */
  declare device: DeviceInfo | undefined;
  /** What is shown was computed elsewhere, on `device`. */
  declare recorded: boolean;

  constructor() {
    super();
    this.device = undefined;
    this.recorded = false;
  }

  override render() {
    const { device } = this;
    if (!device) return nothing;
    const kind = device.kind !== 'webgpu' ? device.kind : device.software ? 'software' : 'gpu';
    const what = { cpu: 'TypeScript loops', wasm: 'Processor', software: 'WebGPU in software', gpu: 'WebGPU' }[kind];
    const explanation = {
      cpu: 'The plain TypeScript of each kernel runs on the processor; no WebGPU is used.',
      wasm: 'The WGSL of each kernel, compiled to WebAssembly, runs on the processor; no GPU is used.',
      software: 'WebGPU is emulated on the processor: results are the same, speed is not that of a GPU.',
      gpu: 'The kernels run on this GPU.',
    }[kind];
    const address = new URL('device-check/index.html', siteRoot).href;
    const why = device.passedOver?.join(' ') ?? '';
    const title = `${this.recorded ? 'The recorded run was made on this device.' : `${explanation} ${why}`} Opens the check of your device.`;
    return html`<a class="badge ${kind}" part="badge" href=${address} target="_blank" rel="noopener" title=${title}>
      <span class="dot" aria-hidden="true"></span>
      <span>${this.recorded ? 'recorded on ' : ''}${what}</span>
      ${kind === 'cpu' ? nothing : html`<span class="name">${device.name}</span>`}
    </a>`;
  }
}

define('chalk-adapter-badge', ChalkAdapterBadge);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-adapter-badge': ChalkAdapterBadge;
  }
}
