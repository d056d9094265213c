/** Where the time of a step goes: each of its kernels alone, in rounds with the whole step and with the roofs. */
import type { Prepared, StepKernel, StepKernels } from '../cases/case.ts';
import type { Controls } from '../roofline/controls.ts';
import type { RoofKernelName } from '../roofline/roof-kernels.ts';
import { finishControl, startControl } from './control.ts';
import type { ProfiledKernel, StepProfile } from './result.ts';
import { createRunner, guarded, interleave, messageOf, type Runner, timingOf, warmUp } from './runner.ts';
import { shuffler } from './shuffle.ts';

export interface ProfileOptions {
  /** Most rounds. */
  readonly batches: number;
  /** No further round begins that would end later than this, warm-ups included; one round is always measured. */
  readonly profileSeconds: number;
  readonly controls?: Controls | undefined;
  /** Seconds; default the clock. */
  readonly now?: () => number;
}

/** In one submit of the control: as in a step, where some dozens share one. */
const EMPTY_DISPATCHES = 100;
/** A step has dozens of kernels, and each of its batches pays for one wait only. */
const BATCH_SECONDS = 0.02;
const WARM_UP = { batches: 1, batchSeconds: BATCH_SECONDS, warmSeconds: BATCH_SECONDS, warmExecutions: 2 };

/** The profile of a library that can take its step apart; a step without one is still worth its times. */
export async function profileOf(
  step: Prepared,
  options: ProfileOptions,
  log: (line: string) => void,
): Promise<StepProfile | undefined> {
  let parts: StepKernels | undefined;
  try {
    parts = step.takeApart?.();
    if (!parts) return undefined;
    const profile = await profileStep(step, parts.kernels, options);
    log(`  profile: ${profile.kernels.length} kernels in ${profile.rounds} rounds`);
    return profile;
  } catch (error) {
    log(`  no profile: ${messageOf(error)}`);
    return undefined;
  } finally {
    parts?.dispose();
  }
}

/** @throws Error where a kernel cannot run alone: a sum without it would mislead */
async function profileStep(step: Prepared, kernels: readonly StepKernel[], options: ProfileOptions): Promise<StepProfile> {
  const { batches, profileSeconds, controls, now = () => performance.now() / 1000 } = options;
  const roofs = kernels.map(({ flops = 0, bytes, dispatches }) => controls?.roofOf({ flops, bytes, dispatches }));
  const names = [...new Set(roofs)].filter((name): name is RoofKernelName => name !== undefined);
  const running = await Promise.all(names.map((name) => startControl((controls as Controls).prepare(name, EMPTY_DISPATCHES))));
  try {
    const start = now();
    const whole = createRunner(step);
    const alone = kernels.map((kernel) => createRunner(kernel));
    const runners = [whole, ...running.map(({ runner }) => runner), ...alone];
    for (const runner of runners) await guarded(runner, () => warmUp(runner, WARM_UP));
    const warm = now();
    const shuffle = shuffler(kernels.length);
    let rounds = 0;
    do {
      await interleave(runners, 1, shuffle);
      rounds += 1;
    } while (rounds < batches && warm - start + ((now() - warm) * (rounds + 1)) / rounds <= profileSeconds);
    return {
      rounds,
      step: timingOrThrow(whole, 'the step'),
      kernels: kernels.map(({ kernel, variant, shape, calls, flops, bytes, dispatches }, i): ProfiledKernel => {
        const roof = roofs[i];
        return {
          ...{ kernel, variant, shape, calls, bytes, dispatches },
          ...(flops === undefined ? {} : { flops }),
          ...(roof === undefined ? {} : { roof }),
          ...timingOrThrow(alone[i] as Runner, kernel),
        };
      }),
      controls: running.splice(0).flatMap((control) => finishControl(control) ?? []),
    };
  } finally {
    for (const control of running) finishControl(control);
  }
}

function timingOrThrow(runner: Runner, name: string) {
  const timing = timingOf(runner);
  if (!timing) throw new Error(`${name}: ${runner.failure ?? 'no sample'}`);
  return timing;
}
