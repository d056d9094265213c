/** Both trainings in one file, at the same step. */
import { isRecord } from '../../../engine/json.ts';
import { readBundle, writeBundle } from '../../../engine/train/bundle.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../../engine/train/checkpoint.ts';
import type { Trainer } from '../../../engine/train/trainer.ts';
import { damaged, isNumbers, requireSettings } from '../../runtime/checkpoint-settings.ts';
import type { Config } from './data.ts';
import { NORMALISATION } from './normalisation.ts';
import { definition, networks, type Which } from './schema.ts';

/** May differ from the run that wrote the file: live parameters, and on how many images the networks are tested. */
const FREE = ['rate', 'testImages', 'example', 'method', 'rule', 'nodes', 'baseline'] as const;

type Losses = Readonly<Record<Which, readonly number[]>>;

/** A trainer's file with what another lab needs to use the network on pictures. */
export function annotated(bytes: Uint8Array, which: Which, classNames: readonly string[]): Checkpoint {
  const checkpoint = readCheckpoint(bytes);
  const dataset = which === 'clean' ? 'mnist' : 'mnist, tainted';
  const notes = { lab: definition.id, network: which, dataset, classNames, normalisation: NORMALISATION };
  return { ...checkpoint, metadata: { ...checkpoint.metadata, notes } };
}

/** @param losses the latest, for the mean at the end */
export function save(parts: ReadonlyMap<Which, Checkpoint>, losses: Losses, config: Config): Uint8Array<ArrayBuffer> {
  return writeBundle({ parts, notes: { lab: definition.id, config, losses } });
}

/** One network as a file of its own. */
export async function exported(trainer: Trainer, which: Which, classNames: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  return writeCheckpoint(annotated(await trainer.checkpoint(), which, classNames));
}

/**
 * Puts both trainers where the file has them.
 * @returns the latest losses
 * @throws DataFormatError; ConfigError where the file belongs to another lab, other settings or other images
 */
export function load(trainers: Readonly<Record<Which, Trainer>>, config: Config, bytes: Uint8Array): Losses {
  const { parts, notes } = readBundle(bytes);
  requireSettings(definition.id, config, notes, FREE);
  const { losses } = notes;
  const found = networks.map((which) => {
    const part = parts.get(which);
    if (!part) throw damaged(`the ${which} network`);
    if (!isRecord(losses) || !isNumbers(losses[which])) throw damaged(`the latest losses of the ${which} network`);
    return [which, part, losses[which]] as const;
  });
  const steps = found.map(([, { metadata }]) => metadata.training?.progress.step);
  if (new Set(steps).size > 1) throw damaged(`both networks at one step, found ${steps.join(' and ')}`);
  for (const [which, part] of found) trainers[which].load(part);
  return Object.fromEntries(found.map(([which, , tail]) => [which, tail])) as Losses;
}
