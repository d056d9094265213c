import { describe, expect, it } from 'vitest';
import { paced } from '../../../apps/runtime/paced.ts';

describe('paced work', () => {
  it('waits until its next event is asked for, and returns what the work does', async () => {
    const log: string[] = [];
    const events = paced<number, string>(async (report) => {
      for (let i = 0; i < 3; i++) {
        log.push(`work ${i}`);
        await report(i);
      }
      return 'done';
    });
    for (let i = 0; i < 3; i++) {
      expect(await events.next()).toEqual({ done: false, value: i });
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(log).toHaveLength(i + 1);
    }
    expect(await events.next()).toEqual({ done: true, value: 'done' });
  });

  it('ends the work where its reader leaves, and passes errors on', async () => {
    let cleaned = false;
    const events = paced<number, void>(async (report) => {
      try {
        for (let i = 0; ; i++) await report(i);
      } finally {
        cleaned = true;
      }
    });
    await events.next();
    await events.return(undefined);
    expect(cleaned).toBe(true);
    const failing = paced<number, void>(async (report) => {
      await report(1);
      throw new Error('broken');
    });
    await failing.next();
    await expect(failing.next()).rejects.toThrow('broken');
  });

  it('waits for its consumer, returns, throws, and ends when it is left', async () => {
    let told = 0;
    const counting = paced<number, string>(async (tell) => {
      for (let i = 1; i <= 3; i++) {
        await tell(i);
        told = i;
      }
      return 'done';
    });
    expect((await counting.next()).value).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(told).toBe(0);
    const rest = [await counting.next(), await counting.next(), await counting.next()];
    expect(rest.map(({ value }) => value)).toEqual([2, 3, 'done']);

    const failing = paced<number, void>(async (tell) => {
      await tell(1);
      throw new Error('broken');
    });
    await failing.next();
    await expect(failing.next()).rejects.toThrow('broken');

    let released = false;
    const left = paced<number, void>(async (tell) => {
      try {
        for (;;) await tell(0);
      } finally {
        released = true;
      }
    });
    await left.next();
    await left.return(undefined);
    expect(released).toBe(true);
  });
});
