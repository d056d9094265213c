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
import type { PhaseEvent } from '../runtime/events.ts';
import type { AnyDefinition, Preset } from '../runtime/experiment.ts';
import type { Config, Note, TeacherKeys } from '../runtime/link.ts';
import type { TermRef } from '../runtime/schema.ts';
import type { RunController } from './run-controller.ts';

type Part = TemplateResult | typeof nothing;

/** What the frame shows and what it reports back. */
export interface LabView {
  readonly definition: AnyDefinition;
  readonly compact: boolean;
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
    .state=${run.state === 'starting' && !run.active ? 'paused' : run.state} .step=${run.store.step} .seed=${config.seed as number} .speed=${run.speed}
    ?recorded=${run.recorded} ?seed-locked=${view.fixes('seed')} ?no-seed=${view.hides('seed')}
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

function recording({ run }: LabView): Part {
  const { player } = run;
  if (!player) return nothing;
  const playing = player.state === 'running';
  return html`<div class="recording" part="recording">
    <span class="tag">recording</span>
    <span>A run made on ${player.recording.recorded.slice(0, 10)}. Press Run live to compute it here and now.</span>
    <button @click=${() => (playing ? player.pause() : player.play())}>${playing ? 'Pause' : 'Play'} the recording</button>
  </div>`;
}

function banners(view: LabView): TemplateResult {
  const { notes, run } = view;
  const changed = html`<chalk-banner kind="note" heading="Changed in this link:" dismissible @banner-close=${() => view.clearNotes()}>
    <ul class="notes">${notes.map((n) => html`<li><code>${n.key}</code> ${n.message}</li>`)}</ul>
  </chalk-banner>`;
  return html`${notes.length > 0 ? changed : nothing}
    ${run.store.notes.filter((n) => n.level === 'warning').map((n) => html`<chalk-banner kind="warning">${n.message}</chalk-banner>`)}
    ${run.banners.map(
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
      .hide=${teacher.hide} .lock=${teacher.lock} ?linked=${view.linked} .selected=${view.selectedTerms}
      @parameter-change=${(event: CustomEvent<ParameterChange>) => view.change({ [event.detail.key]: event.detail.value })}
      @parameters-reset=${() => view.resetAll()}
    ></chalk-controls>
    ${view.parts.moreControls} ${pending.length > 0 ? waiting : nothing}
    ${view.hides('background') ? nothing : background(view)}`;
  if (!view.compact) return html`<div class="side" part="controls">${all}</div>`;
  return html`<details class="side" part="controls"><summary>Controls</summary>${all}</details>`;
}

function tools(view: LabView): TemplateResult {
  return html`<div class="tools">
    <chalk-export-menu .items=${view.exports}></chalk-export-menu>
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

function deck(view: LabView): TemplateResult {
  const { run } = view;
  const finished: PhaseEvent = { type: 'phase', name: 'finished', progress: 1 };
  return html`<div class="deck">
    ${transport(view)}
    <div class="deck-line">
      <chalk-phase-progress .phase=${run.state === 'finished' ? finished : run.store.phase} .step=${run.store.step}
        ?busy=${run.state === 'running' || run.state === 'starting'}></chalk-phase-progress>
      <chalk-adapter-badge .device=${run.device} ?recorded=${run.recorded}></chalk-adapter-badge>
    </div>
    ${recording(view)}
    ${run.store.status ? html`<div class="recording" role="status">${run.store.status}</div>` : nothing}
  </div>`;
}

/** What the run remarked: below the figure, so that nothing jumps when it comes. */
function remarks({ run }: LabView): Part {
  const notes = run.store.notes.filter((n) => n.level === 'note');
  if (notes.length === 0) return nothing;
  return html`<div role="status"><ul class="remarks">${notes.map((n) => html`<li>${n.message}</li>`)}</ul></div>`;
}

/** Why a question to the run has no answer. */
const failures = (view: LabView): TemplateResult[] =>
  [...new Set(view.failures)].map((failure) => html`<p role="alert" class="failure">${failure}</p>`);

export function renderLab(view: LabView): TemplateResult {
  const { compact, parts, definition } = view;
  const heading = compact
    ? html`<h2>${definition.title}</h2>`
    : html`<header class="title"><h1>${definition.title}</h1><p class="question">${definition.question}</p></header>`;
  return html`<div class="lab ${compact ? 'embed' : ''}">
    ${heading} ${banners(view)} ${deck(view)}
    ${parts.finding === nothing ? nothing : html`<p class="finding" role="status">${parts.finding}</p>`}
    <div class="stage">
      <div class="figure" part="figure">${parts.figure}</div>
      ${controls(view)}
      <div class="rest">${remarks(view)} ${failures(view)} ${parts.results} ${tools(view)} ${parts.tools}</div>
    </div>
    ${compact || parts.prose === nothing ? nothing : html`<section class="section prose">${parts.prose}</section>`}
    ${compact ? nothing : parts.cards}
  </div>`;
}
