/** The page Device check: what this browser's WebGPU is, and whether the engine computes right on it. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import '../components/banner/element.ts';
import type { CheckResult } from '../../engine/conformance/operations.ts';
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import { define } from '../components/shared/define.ts';
import { saveText } from '../components/shared/files.ts';
import { baseStyles } from '../shell/styles.ts';
import { type AdapterFacts, decisiveLimits, findAdapter, type Missing } from './adapter.ts';
import { browserOf, browsers } from './browsers.ts';
import type { KernelReport, VariantReport } from './check.ts';
import { type DeviceReport, limitText, memoryText, reportJson, worstVariant } from './report.ts';
import { deviceCheckStyles } from './styles.ts';

const why: Readonly<Record<Missing, string>> = {
  insecure: 'This page was not loaded over https (or from localhost), and browsers offer WebGPU on secure pages only.',
  'no-api': 'This browser does not offer WebGPU, or it is switched off.',
  'no-adapter':
    'This browser offers WebGPU but found no GPU that it may use: graphics acceleration is off, or its driver is blocked.',
};

type State = 'looking' | 'ready' | 'running' | 'done' | 'stopped' | 'failed';

/**
 * Checks the engine on the reader's own device and reports what was found.
 * @summary The device check.
 * @element chalk-device-check
 */
export class ChalkDeviceCheck extends LitElement {
  static override properties = {
    missing: { state: true },
    adapter: { state: true },
    state: { state: true },
    kernels: { state: true },
    gradients: { state: true },
    total: { state: true },
    now: { state: true },
    report: { state: true },
    message: { state: true },
    text: { state: true },
  };
  static override styles = [baseStyles, deviceCheckStyles];

  declare private missing: Missing | null;
  declare private adapter: AdapterFacts | null;
  declare private state: State;
  declare private kernels: readonly KernelReport[];
  declare private gradients: readonly CheckResult[];
  /** Kernels and gradients to be checked. */
  declare private total: number;
  /** What is being checked. */
  declare private now: string;
  declare private report: DeviceReport | null;
  declare private message: string;
  /** The report, where it could not be copied. */
  declare private text: string;
  #device: RecordingDevice | undefined;

  constructor() {
    super();
    this.missing = null;
    this.adapter = null;
    this.state = 'looking';
    this.kernels = [];
    this.gradients = [];
    this.total = 0;
    this.now = '';
    this.report = null;
    this.message = '';
    this.text = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.state === 'running') this.state = 'stopped';
    this.#device?.destroy();
    this.#device = undefined;
  }

  async #look(): Promise<void> {
    const found = await findAdapter();
    if (typeof found === 'string') this.missing = found;
    else {
      try {
        const { openDevice } = await import('../../engine/device/init.ts');
        this.#device = await openDevice('webgpu');
        this.adapter = found;
        this.state = 'ready';
        void this.#device.lost.then((reason) => this.#fail(`The GPU device was lost: ${reason}. Reload the page to try again.`));
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #fail(message: string): void {
    if (!this.isConnected) return;
    this.state = 'failed';
    this.message = message;
  }

  async #start(): Promise<void> {
    const device = this.#device;
    if (!device || !this.adapter) return;
    const begin = performance.now();
    Object.assign(this, { state: 'running', kernels: [], gradients: [], report: null, message: '', text: '', now: 'loading' });
    const [{ checkKernel, loadKernels }, { eachOperation }, { setDevice }, { memory }] = await Promise.all([
      import('./check.ts'),
      import('../../engine/conformance/operations.ts'),
      import('../../engine/tensor.ts'),
      import('../../engine/memory.ts'),
    ]);
    const running = () => this.state === 'running';
    const kernels = await loadKernels();
    this.total = 2 * kernels.length;
    for (const kernel of kernels) {
      if (!running()) break;
      this.now = kernel.name;
      this.kernels = [...this.kernels, await checkKernel([device], kernel)];
    }
    setDevice(device);
    if (running()) {
      for await (const { name, passed, message, total } of eachOperation()) {
        this.total = kernels.length + total;
        this.now = `gradient of ${name}`;
        this.gradients = [...this.gradients, { name, passed, message }];
        if (!running()) break;
      }
    }
    if (this.state === 'failed') return;
    const complete = running();
    this.report = {
      date: new Date().toISOString(),
      browser: navigator.userAgent,
      device: device.info,
      adapter: this.adapter,
      complete,
      kernels: this.kernels,
      gradients: this.gradients,
      memory: memory(device),
      seconds: +((performance.now() - begin) / 1000).toFixed(1),
    };
    this.state = complete ? 'done' : 'stopped';
  }

  async #copy(report: DeviceReport): Promise<void> {
    const text = reportJson(report);
    try {
      await navigator.clipboard.writeText(text);
      this.message = 'Report copied.';
    } catch {
      this.message = 'The browser does not allow copying; select the text below instead.';
      this.text = text;
    }
  }

  get #wrong(): number {
    return [...this.kernels, ...this.gradients].filter(({ passed }) => !passed).length;
  }

  override render() {
    return html`<h1>Device check</h1>
      <p class="lead">Does the engine compute correctly on this device? Every GPU kernel, in each variant that can run here, against its plain
        TypeScript; then every gradient against central differences.</p>
      ${this.missing ? this.#renderMissing(this.missing) : nothing}
      ${this.state === 'failed' ? html`<chalk-banner kind="error" heading="The check cannot go on.">${this.message}</chalk-banner>` : nothing}
      ${this.state === 'looking' && !this.missing ? html`<p role="status">Looking for the GPU …</p>` : nothing}
      ${this.adapter ? html`${this.#renderRun()} ${this.#renderResults()} ${this.#renderAdapter(this.adapter)}` : nothing}`;
  }

  // ── Without WebGPU ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #renderMissing(missing: Missing): TemplateResult {
    const own = browserOf(navigator.userAgent);
    const ordered = [...browsers].sort((a, b) => Number(b.id === own) - Number(a.id === own));
    return html`<chalk-banner kind="warning" heading="No WebGPU here.">${why[missing]}
        The labs still show their recordings, and compute with plain TypeScript where you start them, which is slow.</chalk-banner>
      <h2>What to do</h2>
      <ul class="browsers">${ordered.map(
        ({ id, name, since, help }) => html`<li class=${id === own ? 'here' : ''}>
          <strong>${name}</strong>${id === own ? ' (this browser)' : ''}: ${since}<br />${help}</li>`,
      )}</ul>
      <p>A page must come over https or from localhost. Where nothing helps: another browser, or newer graphics drivers.</p>`;
  }

  // ── Running ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #renderRun(): TemplateResult {
    const running = this.state === 'running';
    const done = this.kernels.length + this.gradients.length;
    const { report } = this;
    return html`<div class="buttons">
        ${
          running
            ? html`<button @click=${() => {
                this.state = 'stopped';
              }}>Stop</button>`
            : html`<button class="primary" ?disabled=${this.state === 'failed'} @click=${() => this.#start()}>
              ${report ? 'Check again' : 'Check this device'}</button>`
        }
        ${report ? html`<button @click=${() => this.#copy(report)}>Copy report (JSON)</button>` : nothing}
        ${
          report
            ? html`<button @click=${() => saveText(reportJson(report), 'chalkgrad-device-check.json', 'application/json')}>Save report</button>`
            : nothing
        }
        <span role="status">${this.state === 'failed' ? nothing : this.message}</span>
      </div>
      ${this.text ? html`<textarea readonly aria-label="Report as JSON" .value=${this.text}></textarea>` : nothing}
      ${
        running
          ? html`<progress aria-label="Progress of the check" max=${Math.max(1, this.total)} .value=${done}></progress>
            <p class="number">${done} of ${this.total || '…'}: ${this.now}</p>`
          : nothing
      }
      <p role="status">${this.#verdict()}</p>`;
  }

  #verdict(): TemplateResult | typeof nothing {
    const { report } = this;
    if (!report) return nothing;
    const variants = report.kernels.reduce((sum, kernel) => sum + kernel.variants.length, 0);
    const ran = `${report.kernels.length} kernels in ${variants} variants and ${report.gradients.length} gradients, ${report.seconds} s.`;
    const stopped = report.complete ? '' : 'Stopped before the end. ';
    return this.#wrong === 0
      ? html`<span class="ok">✓ All agree.</span> ${stopped}${ran}`
      : html`<span class="wrong">✕ ${this.#wrong} differ.</span> ${stopped}${ran}
          Please send the report to the authors: results on this device are not to be trusted where these parts are used.`;
  }

  // ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #renderResults(): TemplateResult | typeof nothing {
    if (this.kernels.length === 0) return nothing;
    const wrong = this.kernels.filter(({ passed }) => !passed);
    const failures = this.gradients.filter(({ passed }) => !passed);
    return html`${wrong.length > 0 ? html`<h2>Kernels that differ</h2>${this.#renderKernels(wrong, 'Kernels that differ')}` : nothing}
      ${failures.length > 0 ? html`<h2>Gradients that differ</h2>${this.#renderGradients(failures, 'Gradients that differ')}` : nothing}
      <details><summary>All kernels (${this.kernels.length})</summary>${this.#renderKernels(this.kernels, 'All kernels')}</details>
      ${
        this.gradients.length > 0
          ? html`<details><summary>All gradients (${this.gradients.length})</summary>
            ${this.#renderGradients(this.gradients, 'All gradients')}</details>`
          : nothing
      }
      ${this.report ? html`<p>Memory of the tensor library after the check: ${memoryText(this.report.memory)}</p>` : nothing}`;
  }

  #renderKernels(kernels: readonly KernelReport[], label: string): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table>
      <thead><tr><th scope="col">kernel</th><th scope="col">result</th><th scope="col">worst element</th><th scope="col">variants</th></tr></thead>
      <tbody>${kernels.map(
        (kernel) => html`<tr><th scope="row">${kernel.name}</th><td>${result(kernel.passed)}</td>
          <td>${kernel.problem ?? worstText(worstVariant(kernel))}</td>
          <td>${kernel.variants.map(({ variant }) => variant).join(', ')}</td></tr>`,
      )}</tbody></table></div>`;
  }

  #renderGradients(gradients: readonly CheckResult[], label: string): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table>
      <thead><tr><th scope="col">operation</th><th scope="col">result</th><th scope="col">worst element</th></tr></thead>
      <tbody>${gradients.map(
        ({ name, passed, message }) => html`<tr><th scope="row">${name}</th><td>${result(passed)}</td><td>${message}</td></tr>`,
      )}</tbody></table></div>`;
  }

  // ── The adapter ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #renderAdapter({ vendor, architecture, description, features, limits }: AdapterFacts): TemplateResult {
    const info = this.#device?.info;
    const row = (name: string, value: unknown) => html`<dt>${name}</dt><dd>${value || '–'}</dd>`;
    return html`<h2>The adapter</h2>
      <dl>
        ${row(
          'name',
          html`${info?.name}
          ${info?.software ? html`<span class="software">software: computes on the processor, not on a GPU</span>` : nothing}`,
        )}
        ${row('vendor', vendor)} ${row('architecture', architecture)}
        ${description === info?.name ? nothing : row('description', description)}
        ${Object.entries(decisiveLimits).map(([name, meaning]) => row(meaning, limitText(name, limits[name] ?? 0)))}
        ${row('features', features.join(', '))}
      </dl>
      <details><summary>All limits (${Object.keys(limits).length})</summary>
        <dl>${Object.entries(limits).map(([name, value]) => row(name, limitText(name, value)))}</dl></details>`;
  }
}

const result = (passed: boolean): TemplateResult =>
  passed ? html`<span class="ok">✓ agrees</span>` : html`<span class="wrong">✕ differs</span>`;

function worstText(worst: VariantReport | undefined): string {
  if (!worst) return '–';
  if (worst.tolerances === 0) return 'none: equal everywhere';
  const { variant, output, index, got, expected, tolerances } = worst;
  const share = Number.isFinite(tolerances) ? `${tolerances.toPrecision(2)} of the tolerance` : 'must be equal';
  return `${output}[${index}] is ${+got.toPrecision(7)}, reference ${+expected.toPrecision(7)} (${share}; ${variant})`;
}

define('chalk-device-check', ChalkDeviceCheck);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-device-check': ChalkDeviceCheck;
  }
}
