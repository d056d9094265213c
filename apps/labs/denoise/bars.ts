/** The acceptance bars of the source's finding, for those of the three trainings that a run has made. */
import { formatNumber } from '../../components/shared/format.ts';
import type { Bar } from '../bars.ts';
import type { DenoiseResult } from './experiment.ts';

const say = (value: number): string => formatNumber(value, 3);

export function barsOf({ trainings }: Pick<DenoiseResult, 'trainings'>): Bar[] {
  const { MNIST: digits, 'both in sequence': sequence, 'both shuffled': shuffled } = trainings;
  const made = Object.entries(trainings);
  const bars: Bar[] = [
    {
      bar: 'training loss, mean of the last 50 steps: below 0.2',
      holds: made.every(([, { trainLoss }]) => trainLoss < 0.2),
      measured: made.map(([name, { trainLoss }]) => `${name} ${say(trainLoss)}`).join(', '),
    },
  ];
  if (digits && shuffled)
    bars.push({
      bar: 'clothes: the network of digits only errs at least twice as much as the one of both, shuffled',
      holds: digits.fashionMSE >= 2 * shuffled.fashionMSE,
      measured: `${say(digits.fashionMSE)} against ${say(shuffled.fashionMSE)}: ${say(digits.fashionMSE / shuffled.fashionMSE)} times`,
    });
  if (sequence && shuffled)
    bars.push({
      bar: 'digits: clothes after them cost more than clothes among them',
      holds: sequence.mnistMSE > shuffled.mnistMSE,
      measured: `${say(sequence.mnistMSE)} against ${say(shuffled.mnistMSE)}: ${say(sequence.mnistMSE / shuffled.mnistMSE)} times`,
    });
  if (sequence && digits)
    bars.push({
      bar: 'digits: whoever saw clothes last has forgotten, and errs more than the network of digits only',
      holds: sequence.mnistMSE > digits.mnistMSE,
      measured: `${say(sequence.mnistMSE)} against ${say(digits.mnistMSE)}: ${say(sequence.mnistMSE / digits.mnistMSE)} times`,
    });
  return bars;
}
