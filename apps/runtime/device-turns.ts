/**
 * Labs of one thread may compute on several devices, but new tensors are made on the thread's one default device, and work waits in its
 * midst, for numbers to come back or for data. So devices take turns: work on one begins when work on the other has ended, and work on
 * the same device goes on side by side.
 */
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import { setDevice } from '../../engine/tensor.ts';

interface Turn {
  readonly device: RecordingDevice;
  readonly begins: Promise<void>;
  /** Of all work so far. */
  ends: Promise<void>;
}

let latest: Turn | undefined;

/** Does work with `device` as the one on which new tensors are made; it stays that until work on another one begins. */
export function onDevice<T>(device: RecordingDevice, work: () => T | Promise<T>): Promise<T> {
  if (latest?.device !== device) {
    const begins = latest?.ends ?? Promise.resolve();
    latest = { device, begins, ends: begins };
  }
  const turn = latest;
  const result = turn.begins.then(() => {
    setDevice(device);
    return work();
  });
  const before = turn.ends;
  const ended = () => before;
  turn.ends = result.then(ended, ended);
  return result;
}
