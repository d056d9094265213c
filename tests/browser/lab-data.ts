/** Which labs can run with the data that this machine has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../../apps/cli/data/folders.ts';

/** Packs that a lab's first run needs and that only a download or a mirror gives. */
const NEEDED: Readonly<Record<string, string>> = { features: 'tiny-darknet.safetensors' };

/** Whether what the first run of a lab needs is there. Without it the lab shows its recording and, when it is started, says what is missing. */
export function hasData(lab: string): boolean {
  const needed = NEEDED[lab];
  return needed === undefined || existsSync(join(dataFolder, 'packs', needed));
}
