/** The denoisers in one file, each at its own step: they train independently of one another. */
import { isRecord } from '../../../engine/json.ts';
import { readBundle, writeBundle } from '../../../engine/train/bundle.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../../engine/train/checkpoint.ts';
import { damaged, isNumbers, requireSettings } from '../../runtime/checkpoint-settings.ts';
import { NORMALISATION } from './mix.ts';
import { definition, type TrainingName } from './schema.ts';
import type { Config, Denoiser } from './training.ts';

/** May differ from the run that wrote the file. */
const FREE = ['rate', 'training', 'strips', 'cut', 'testImages', 'clothesShown'] as const;

/** By training: the latest losses, for the mean at the end. */
export type Losses = Readonly<Partial<Record<TrainingName, readonly number[]>>>;

/** Steps over which the training loss at the end is a mean. */
export const LAST = 50;

async function partOf({ trainer, name }: Denoiser): Promise<Checkpoint> {
  const checkpoint = readCheckpoint(await trainer.checkpoint());
  const dataset = name === 'MNIST' ? 'mnist' : 'mnist, fashion-mnist';
  const notes = { lab: definition.id, training: name, dataset, normalisation: NORMALISATION };
  return { ...checkpoint, metadata: { ...checkpoint.metadata, notes } };
}

/** All as they are. */
export async function save(
  denoisers: readonly Denoiser[],
  losses: ReadonlyMap<Denoiser, readonly number[]>,
  config: Config,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = new Map<string, Checkpoint>();
  for (const denoiser of denoisers) parts.set(denoiser.name, await partOf(denoiser));
  const tails = Object.fromEntries([...losses].map(([{ name }, all]) => [name, all.slice(-LAST)]));
  return writeBundle({ parts, notes: { lab: definition.id, config, losses: tails } });
}

/** One denoiser as a file of its own. */
export async function exported(denoiser: Denoiser): Promise<Uint8Array<ArrayBuffer>> {
  return writeCheckpoint(await partOf(denoiser));
}

/**
 * Puts the denoisers where the file has them; those that it lacks start from the beginning.
 * @returns the latest losses
 * @throws DataFormatError; ConfigError where the file belongs to another lab, other settings or other images
 */
export function load(denoisers: readonly Denoiser[], config: Config, bytes: Uint8Array): Losses {
  const { parts, notes } = readBundle(bytes);
  requireSettings(definition.id, config, notes, FREE);
  const tails = isRecord(notes.losses) ? notes.losses : {};
  const losses: Partial<Record<TrainingName, readonly number[]>> = {};
  for (const { name, trainer } of denoisers) {
    const part = parts.get(name);
    if (!part) continue;
    const tail = tails[name];
    if (!isNumbers(tail)) throw damaged(`the latest losses of the training on ${name}`);
    trainer.load(part);
    losses[name] = tail;
  }
  return losses;
}
