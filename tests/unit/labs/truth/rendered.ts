/** What a lab's page says of its recording: the words of its templates, as a reader sees them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../../apps/cli/root.ts';
import type { AnyContract } from '../../../../apps/runtime/contract.ts';
import { readRecording } from '../../../../apps/runtime/recording.ts';
import type { Schema } from '../../../../apps/runtime/schema.ts';
import { RunStore } from '../../../../apps/runtime/store.ts';
import type { LabPage, Texts } from '../../../../apps/shell/lab-module.ts';
import { wordsOf } from './written.ts';

/** HTML of a template without its event handlers. */
function htmlOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(htmlOf).join('');
  if (typeof value !== 'object' || value === null || !('strings' in value)) return '';
  const { strings, values } = value as { readonly strings: readonly string[]; readonly values: readonly unknown[] };
  return strings.map((text, i) => text + (i < values.length ? htmlOf(values[i]) : '')).join('');
}

/** The words of a template, or of nothing. */
export const readWords = (template: unknown): string => wordsOf(htmlOf(template)).replace(/\s+/g, ' ').trim();

/** The recording of a lab, folded as its page does. */
export function recordedRun(lab: string) {
  const recording = readRecording(readFileSync(join(repositoryRoot, 'apps/labs', lab, 'recording.json'), 'utf8'));
  const store = new RunStore<AnyContract>();
  store.apply(recording.events.map(([, event]) => event));
  return { recording, store };
}

/** The page of a lab while it shows its recording. */
export function recordedPage(lab: string): LabPage<Schema, AnyContract> {
  const { recording, store } = recordedRun(lab);
  const config = recording.config as LabPage<Schema, AnyContract>['config'];
  return { config, ran: config, store, runState: 'finished', recorded: true, take: () => true };
}

export const textsOf = async (lab: string): Promise<Texts<Schema, AnyContract>> =>
  (await import(`../../../../apps/labs/${lab}/prose.ts`)) as Texts<Schema, AnyContract>;
