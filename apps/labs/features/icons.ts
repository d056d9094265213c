/** Icons: what channels and directions of a layer look for, as small pictures, many in one optimisation. */
import { directionsObjective } from '../../../engine/explain/features/objectives.ts';
import { SMALL_ROBUSTNESS } from '../../../engine/explain/features/robustness.ts';
import { visualise } from '../../../engine/explain/features/visualise.ts';
import type { ExperimentEvent } from '../../runtime/experiment.ts';
import type { LayerInfo, Subject } from './subject.ts';

/** How icons are made; part of the key that they are kept under. */
export const RECIPE = { side: 48, pad: 4, steps: 64, rate: 0.05, version: 1 } as const;
/** Optimised together. */
const TOGETHER = 8;

/** One icon: [side, side, channels] bytes. */
export type Icon = Uint8Array;

/** Under which the icons of a layer are kept: another network, layer or recipe has others. */
export const iconKey = ({ fingerprint }: Pick<Subject, 'fingerprint'>, { path }: Pick<LayerInfo, 'path'>): string =>
  `${fingerprint} ${path} ${Object.values(RECIPE).join(' ')}`;

/** The direction of one channel. */
export function oneChannel(channels: number, channel: number): Float32Array {
  const direction = new Float32Array(channels);
  direction[channel] = 1;
  return direction;
}

/** Side of the icons of a network: of one that takes one size only, that size less the border. */
export function iconSide({ resizable, inputShape }: Subject): number {
  return resizable ? RECIPE.side : Math.max(1, Math.min(inputShape[0], inputShape[1]) - 2 * RECIPE.pad);
}

/**
 * Optimises one icon for each direction, some at a time. A step event tells each step.
 * @param progress steps that the run has taken and will take, and those between two reads of the objective
 * @param onIcon called for each icon as soon as it is finished
 */
export async function* makeIcons(
  subject: Subject,
  layer: LayerInfo,
  directions: readonly Float32Array[],
  progress: { done: number; readonly total: number; readonly every: number },
  onIcon: (index: number, icon: Icon) => void,
): AsyncGenerator<ExperimentEvent> {
  const side = iconSide(subject);
  const [h, w, channels] = subject.inputShape;
  const network = subject.resizable
    ? subject.network(side + 2 * RECIPE.pad, side + 2 * RECIPE.pad, [layer.path])
    : subject.network(h, w, [layer.path]);
  const { normalisation } = subject;
  for (let start = 0; start < directions.length; start += TOGETHER) {
    const part = directions.slice(start, start + TOGETHER);
    const climb = visualise({
      network,
      objective: directionsObjective(layer.path, part),
      batch: part.length,
      size: [side, side],
      robustness: SMALL_ROBUSTNESS,
      ...(normalisation && { normalisation }),
      steps: RECIPE.steps,
      lr: RECIPE.rate,
      seed: 1,
      every: progress.every,
    });
    let before = 0;
    for await (const { step, image, values } of climb) {
      progress.done += step - before;
      before = step;
      const loss = -values.reduce((sum, value) => sum + value, 0) / values.length;
      const bytes = side * side * channels;
      if (image) {
        for (let at = 0; at < part.length; at++)
          onIcon(
            start + at,
            Uint8Array.from(image.subarray(at * bytes, (at + 1) * bytes), (value) => Math.round(255 * value)),
          );
      }
      yield { type: 'step', step: progress.done, total: progress.total, loss };
    }
  }
}

/** Steps that so many icons take. */
export const iconSteps = (icons: number): number => Math.ceil(icons / TOGETHER) * RECIPE.steps;
