/** What the home page says of each lab, read from its recording: how long that run took, and on what. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LabFacts {
  /** Seconds of the recorded run. */
  readonly seconds: number;
  /** Name of the device that it was made on. */
  readonly device: string;
}

/** The facts of one lab; undefined where nothing was recorded. */
export function factsOf(folder: string): LabFacts | undefined {
  const file = join(folder, 'recording.json');
  if (!existsSync(file)) return undefined;
  const { duration, device } = JSON.parse(readFileSync(file, 'utf8')) as { duration: number; device: { name: string } };
  return { seconds: duration / 1000, device: device.name };
}
