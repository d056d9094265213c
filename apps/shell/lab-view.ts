/** How a lab looks: the frame that all labs share around their figures. Plain functions of what the element knows. */
import { html, nothing, type TemplateResult } from 'lit';
import '../components/adapter-badge/element.ts';
import '../components/banner/element.ts';
import '../components/controls/element.ts';
import type { ParameterChange } from '../components/controls/element.ts';
import '../components/export-menu/element.ts';
import type { ExportItem } from '../components/export-menu/element.ts';
import '../components/phase-progress/element.ts';
import '../components/transport-bar/element.ts';
import type { Contract } from '../runtime/contract.ts';
import type { PhaseEvent, StepEvent } from '../runtime/events.ts';
import type { AnyDefinition, Preset } from '../runtime/experiment.ts';
import type { Config, Note, TeacherKeys } from '../runtime/link.ts';
import type { TermRef } from '../runtime/schema.ts';
import { recordedWith } from './recorded-with.ts';
import type { RunController } from './run-controller.ts';
import { formatDuration } from './run-times.ts';

type Part = TemplateResult | typeof nothing;

/** What the frame shows and what it reports back. */
export interface LabView {
  readonly definition: AnyDefinition;
  readonly compact: boolean;
  /** As wide as a phone: controls are folded. */
  readonly narrow: boolean;
  /** Seconds that the preset took on this device; undefined where that is not known. */
  readonly expected: number | undefined;
  /** The lab has a recording, which may still be on its way, and a sentence with its finding. */
  readonly recording: boolean;
  readonly finds: boolean;
  /** The finding is still that of the run before: this one has not found anything yet. */
  readonly before: boolean;
  readonly config: Config;
  /** Values that reset brings back. */
  readonly base: Config;
  readonly preset: string;
  readonly teacher: TeacherKeys;
  hides(name: string): boolean;
  fixes(name: string): boolean;
  readonly notes: readonly Note[];
  readonly run: RunController<Contract>;
  /** Labels of parameters whose change waits for a restart. */
  readonly pending: readonly string[];
  /** Terms of the cards that are marked, and whether there are cards. */
  readonly selectedTerms: readonly TermRef[];
  readonly linked: boolean;
  readonly copied: string;
  readonly fullLink: string;
  readonly exports: readonly ExportItem[];
  /** Why questions to the run could not be answered. */
  readonly failures: readonly string[];
  readonly parts: {
    /** What this run found, in one sentence. */
    readonly finding: TemplateResult | string | typeof nothing;
    readonly figure: TemplateResult;
    readonly moreControls: Part;
    readonly tools: Part;
    readonly results: Part;
    readonly prose: Part;
    readonly steps: Part;
    readonly runs: Part;
    readonly notebook: Part;
    readonly cards: Part;
  };
  play(): void;
  pause(): void;
  advance(count: number): void;
  reset(): void;
  restart(): void;
  change(values: Config): void;
  resetAll(): void;
  choosePreset(name: string): void;
  clearNotes(): void;
  /** The menu of exports was opened. */
  exportsAsked(): void;
  copyLink(): void;
  openLinkBuilder(): void;
}

function transport(view: LabView): TemplateResult {
  const { run, config } = view;
  const presets = html`<span class="preset"><label for="preset">preset</label>
      <select id="preset" ?disabled=${view.fixes('preset')} @change=${(event: Event) => view.choosePreset((event.target as HTMLSelectElement).value)}>
        ${Object.entries(view.definition.presets as Readonly<Record<string, Preset>>).map(
          ([name, { label, shows }]) =>
            html`<option value=${name} title=${shows ?? nothing} .selected=${name === view.preset}>${label ?? name}</option>`,
        )}
      </select></span>`;
  return html`<chalk-transport-bar
    .state=${run.state === 'starting' && !run.active ? 'paused' : run.state} .step=${run.progress.step} .seed=${config.seed as number} .speed=${run.speed}
    ?recorded=${run.replaying} ?seed-locked=${view.fixes('seed')} ?no-seed=${view.hides('seed')}
    ?speed-locked=${view.fixes('speed')} ?no-speed=${view.hides('speed')}
    @transport-play=${() => view.play()} @transport-pause=${() => view.pause()} @transport-reset=${() => view.reset()}
    @transport-step=${(event: CustomEvent<{ count: number }>) => view.advance(event.detail.count)}
    @transport-speed=${(event: CustomEvent<{ stepsPerSecond: number }>) => run.setSpeed(event.detail.stepsPerSecond)}
    @transport-seed=${(event: CustomEvent<{ seed: number }>) => {
      view.change({ seed: event.detail.seed });
      if (run.applied) view.reset();
    }}
  >
    ${view.hides('preset') ? nothing : presets}
  </chalk-transport-bar>`;
}

/** Where what is shown comes from, what the run says it does, or how long it takes here. The line keeps its place, whatever stands in it. */
function source({ run, recording, expected, definition, config }: LabView): TemplateResult {
  const { player } = run;
  const { status } = run.progress;
  const takes = expected === undefined ? '' : formatDuration(expected);
  if (!player) {
    const waiting = recording && run.state === 'idle' ? 'Fetching a recorded run …' : '';
    const took = takes && `${run.state === 'finished' ? 'It took' : 'The last time it took'} ${takes} on this device.`;
    return html`<div class="source" role="status">${status || waiting || took}</div>`;
  }
  const playing = player.state === 'running';
  const other = recordedWith(definition.schema, player.recording.config, config);
  return html`<div class="source" part="recording">
    <span class="tag">recording</span>
    <span>Made on ${player.recording.recorded.slice(0, 10)}, not now. <i>Run live</i> computes it here${takes && ` in about ${takes}`}.${other && html` <b>${other}</b>`}</span>
    <button @click=${() => (playing ? player.pause() : player.play())}>${playing ? 'Pause' : 'Play'} the recording</button>
  </div>`;
}

/** The banner of a failed run stands on its figure: that is where the reader looks. */
const FAILED = 'run';

function failure(view: LabView): Part {
  const banner = view.run.banners.find(({ id }) => id === FAILED);
  if (!banner) return nothing;
  return html`<div class="failed"><chalk-banner kind="error" heading=${banner.heading} dismissible
    @banner-close=${() => view.run.dismiss(FAILED)}>${banner.message}
    <button @click=${() => view.restart()}>↻ Run again</button></chalk-banner></div>`;
}

/** The parameter that the error of a failed run names (`epochs`, `network[3].kernel`), for its control. */
function wrong({ run, definition }: LabView): { readonly key: string; readonly message: string } | undefined {
  const { error } = run.report;
  const path = error?.facts.path;
  if (run.state !== 'failed' || error === undefined || typeof path !== 'string') return undefined;
  const key = /^\w*/.exec(path)?.[0] ?? '';
  return Object.hasOwn(definition.schema, key) ? { key, message: error.message.replace(`${path}: `, '') } : undefined;
}

function banners(view: LabView): TemplateResult {
  const { notes, run } = view;
  const changed = html`<chalk-banner kind="note" heading="Changed in this link:" dismissible @banner-close=${() => view.clearNotes()}>
    <ul class="notes">${notes.map((n) => html`<li><code>${n.key}</code> ${n.message}</li>`)}</ul>
  </chalk-banner>`;
  return html`${notes.length > 0 ? changed : nothing}
    ${run.progress.notes.filter((n) => n.level === 'warning').map((n) => html`<chalk-banner kind="warning">${n.message}</chalk-banner>`)}
    ${run.banners
      .filter(({ id }) => id !== FAILED)
      .map(
        (b) =>
          html`<chalk-banner kind=${b.kind} heading=${b.heading} dismissible @banner-close=${() => run.dismiss(b.id)}>${b.message}</chalk-banner>`,
      )}`;
}

function background({ run, fixes }: LabView): TemplateResult {
  return html`<label class="background"><input type="checkbox" ?disabled=${fixes('background')} .checked=${run.background}
    @change=${(event: Event) => {
      run.background = (event.target as HTMLInputElement).checked;
    }} />keep running when out of sight</label>`;
}

function controls(view: LabView): Part {
  const { run, teacher, pending } = view;
  if (teacher.hide.includes('*')) return nothing;
  const waiting = html`<div class="pending" role="status">
    <span>Changed: ${pending.join(', ')}.</span> <button @click=${() => view.restart()}>↻ Restart with it</button>
  </div>`;
  const all = html`<chalk-controls
      .schema=${view.definition.schema} .config=${view.config} .base=${view.base} .applied=${run.applied}
      .wrong=${wrong(view)} .hide=${teacher.hide} .lock=${teacher.lock} ?linked=${view.linked} .selected=${view.selectedTerms}
      @parameter-change=${(event: CustomEvent<ParameterChange>) => view.change({ [event.detail.key]: event.detail.value })}
      @parameters-reset=${() => view.resetAll()}
    ></chalk-controls>
    ${view.parts.moreControls} ${pending.length > 0 ? waiting : nothing}
    ${view.hides('background') ? nothing : background(view)}`;
  return html`<details class="side" part="controls" ?open=${!view.compact && !view.narrow}><summary>Controls</summary>${all}</details>`;
}

function tools(view: LabView): TemplateResult {
  return html`<div class="tools">
    <chalk-export-menu .items=${view.exports} @export-open=${() => view.exportsAsked()}></chalk-export-menu>
    <button @click=${() => view.copyLink()}>Copy link</button>
    ${
      view.compact || view.hides('teachers')
        ? nothing
        : html`<button ?disabled=${view.fixes('teachers')} @click=${() => view.openLinkBuilder()}>For teachers…</button>`
    }
    ${view.compact ? html`<a href=${view.fullLink} target="_blank" rel="noopener">Open the full lab ↗</a>` : nothing}
    <span class="done" role="status">${view.copied}</span>
  </div>`;
}

/** What the chosen preset shows. */
function promise({ definition, preset }: LabView): Part {
  const { shows } = (definition.presets as Readonly<Record<string, Preset>>)[preset] ?? {};
  return shows ? html`<p class="promise">${shows}</p>` : nothing;
}

/** At its end a run took the steps that it took, whatever it was expected to take. */
const taken = (step: StepEvent): StepEvent => ({ ...step, total: undefined });

function deck(view: LabView): TemplateResult {
  const { run } = view;
  const finished: PhaseEvent = { type: 'phase', name: 'finished', progress: 1 };
  const { phase, step } = run.progress;
  const over = run.state === 'finished';
  return html`<div class="deck">
    ${transport(view)} ${promise(view)}
    <div class="deck-line">
      <chalk-phase-progress .phase=${over ? finished : phase} .step=${over && step ? taken(step) : step}
        ?busy=${run.state === 'running' || run.state === 'starting'}></chalk-phase-progress>
      <chalk-adapter-badge .device=${run.device} ?recorded=${run.replaying}></chalk-adapter-badge>
    </div>
    ${source(view)}
  </div>`;
}

/** What the run remarked: below the figure, so that nothing jumps when it comes. */
function remarks({ run }: LabView): Part {
  const notes = run.progress.notes.filter((n) => n.level === 'note');
  if (notes.length === 0) return nothing;
  return html`<div role="status"><ul class="remarks">${notes.map((n) => html`<li>${n.message}</li>`)}</ul></div>`;
}

/** Why a question to the run has no answer. */
const failures = (view: LabView): TemplateResult[] =>
  [...new Set(view.failures)].map((failure) => html`<p role="alert" class="failure">${failure}</p>`);

/** What the run on the screen found; before there is one, its room is kept. */
function finding({ parts, finds, before }: LabView): Part {
  if (!finds) return nothing;
  // Seen by its paleness, as all that is stale: words would push the figure down.
  const remark = before ? html`<span class="visually-hidden"> (found by the run before)</span>` : nothing;
  return html`<p class="finding ${before ? 'old' : ''}" role="status" title=${before ? 'Found by the run before' : nothing}>${parts.finding}${remark}</p>`;
}

export function renderLab(view: LabView): TemplateResult {
  const { compact, parts, definition, run } = view;
  const heading = compact
    ? html`<h2>${definition.title}</h2>`
    : html`<header class="title"><h1>${definition.title}</h1><p class="question">${definition.question}</p></header>`;
  const stale = run.stale || run.awaitsPictures;
  return html`<div class="lab ${compact ? 'embed' : ''} ${stale ? 'stale' : ''}">
    ${heading} ${finding(view)} ${banners(view)} ${compact ? nothing : parts.steps} ${deck(view)}
    <div class="stage">
      <div class="view">${compact ? nothing : html`<h2 class="visually-hidden">Figure</h2>`}<div class="figure" part="figure" aria-busy=${stale}>${parts.figure}</div>${failure(view)}</div>
      ${controls(view)}
      <div class="rest">${remarks(view)} ${failures(view)} <div class="shown" part="results">${parts.results}</div> ${parts.runs} ${tools(view)} ${parts.tools}</div>
    </div>
    ${compact || parts.prose === nothing ? nothing : html`<section class="section prose">${parts.prose}</section>`}
    ${compact ? nothing : html`${parts.notebook} ${parts.cards}`}
  </div>`;
}
