import { expect, it } from 'vitest';
import { SubmitPace } from '../../../engine/device/webgpu/submit-pace.ts';

/** Watches executions that take the given times. */
async function paced(dispatches: number, times: readonly number[]): Promise<number> {
  const pace = new SubmitPace(dispatches);
  for (const time of times) {
    let clock = 0;
    pace.watch(
      async () => {
        clock = time;
      },
      () => clock,
    );
    await new Promise((resolve) => setTimeout(resolve));
  }
  return pace.perSubmit;
}

it('leaves a short step whole and cuts a long one', async () => {
  expect(new SubmitPace(40).perSubmit).toBe(40);
  expect(await paced(40, [5])).toBe(40);
  expect(await paced(40, [48])).toBe(10);
  expect(await paced(3, [1000])).toBe(1);
});

it('believes the shortest time: others waited for earlier work', async () => {
  expect(await paced(40, [900, 48, 500])).toBe(10);
});

it('stops looking after a lost device', async () => {
  const pace = new SubmitPace(10);
  pace.watch(() => Promise.reject(new Error('lost')));
  await new Promise((resolve) => setTimeout(resolve));
  expect(pace.perSubmit).toBe(10);
});
