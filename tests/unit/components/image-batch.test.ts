import { expect, it } from 'vitest';
import { batchOf, grayBatch, picked } from '../../../apps/shell/image-batch.ts';

const bytes = Uint8Array.from({ length: 3 * 4 }, (_, i) => i);

it('makes the same batch of the same pictures, so that nothing is drawn twice', () => {
  const event = { type: 'images', name: 'x', shape: [3, 2, 2, 1], data: bytes } as const;
  const batch = batchOf(event);
  expect(batch).toMatchObject({ count: 3, width: 2, height: 2, channels: 1 });
  expect(batchOf(event)).toBe(batch);
  expect(batchOf({ ...event })).not.toBe(batch);
  expect(batchOf(undefined)).toBeNull();

  expect(grayBatch(bytes, 2)).toBe(grayBatch(bytes, 2));
  expect(grayBatch(bytes, 2)).not.toBe(grayBatch(bytes, 4, 1));
  const ranged = grayBatch(bytes, 2, 2, [-1, 1]);
  expect(ranged.range).toEqual([-1, 1]);
  expect(ranged).not.toBe(grayBatch(bytes, 2));
});

it('picks pictures in the order that is asked for', () => {
  const batch = grayBatch(bytes, 2);
  const some = picked(batch, [2, 0]);
  expect([...some.data]).toEqual([8, 9, 10, 11, 0, 1, 2, 3]);
  expect(picked(batch, [2, 0])).toBe(some);
  expect(picked(batch, [0, 2])).not.toBe(some);
  for (let i = 0; i < 100; i++) picked(batch, [i % 3, i]);
  expect([...picked(batch, [2, 0]).data]).toEqual([...some.data]);
});
