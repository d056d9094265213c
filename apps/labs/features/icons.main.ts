/**
 * `node apps/cli/run.mjs exec apps/labs/features/icons.main.ts`: makes the icons that ship, `icons.jpg` and `shipped-channels.ts`: of the
 * channels of a layer of Tiny Darknet that are most prominent in the photographs of the site.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { init } from '../../../engine/device/init.ts';
import { repositoryRoot } from '../../cli/root.ts';
import type { RunContext } from '../../runtime/experiment.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { photographs } from '../../runtime/photographs.ts';
import { defaults } from '../../runtime/schema.ts';
import { BuildingBlocks } from './blocks.ts';
import { iconKey, makeIcons, oneChannel, RECIPE } from './icons.ts';
import { schema } from './schema.ts';
import { openSubject, type Subject } from './subject.ts';

const COUNT = 96;
const COLUMNS = 16;
const LAYER = '31';
const QUALITY = 88;

async function open(config: Parameters<typeof openSubject>[0], context: RunContext): Promise<Subject> {
  const events = openSubject(config, context);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
  }
}

export async function main(): Promise<void> {
  const { kind, name, software } = (await init({ device: 'wasm' })).info;
  const config = { ...defaults(schema), layer: LAYER };
  const context: RunContext = {
    data: nodeEnvironment(join(repositoryRoot, 'data/packs')).data,
    device: { kind, name, software },
    signal: new AbortController().signal,
    live: config,
    checkpoint: undefined,
    files: new Map(),
    onDispose: () => undefined,
    log: console.log,
  };
  const subject = await open(config, context);
  const [height, width] = subject.inputShape;
  const ranks = new Map<number, number>();
  for (const { pixels, local } of await photographs(context, { height, width, channels: 3 })) {
    if (local) continue;
    const blocks = await BuildingBlocks.of(subject, pixels, config);
    [...new Set([...blocks.lookedAt(), ...blocks.prominent()])].forEach((channel, rank) => {
      ranks.set(channel, Math.min(rank, ranks.get(channel) ?? rank));
    });
    blocks.dispose();
  }
  const channels = [...ranks]
    .sort((a, b) => a[1] - b[1] || a[0] - b[0])
    .slice(0, COUNT)
    .map(([channel]) => channel)
    .sort((a, b) => a - b);
  const layer = subject.layer(LAYER);
  const { side } = RECIPE;
  const sheet = { width: COLUMNS * side, height: Math.ceil(channels.length / COLUMNS) * side };
  const data = new Uint8Array(sheet.width * sheet.height * 4).fill(255);
  const directions = channels.map((channel) => oneChannel(layer.shape.at(-1) as number, channel));
  const events = makeIcons(subject, layer, directions, { done: 0, total: 0, every: RECIPE.steps }, (at, icon) => {
    for (let i = 0; i < side * side; i++) {
      const [row, column] = [Math.floor(at / COLUMNS) * side + Math.floor(i / side), (at % COLUMNS) * side + (i % side)];
      data.set(icon.subarray(i * 3, i * 3 + 3), (row * sheet.width + column) * 4);
    }
  });
  for await (const _ of events);
  const folder = join(repositoryRoot, 'apps/labs/features');
  writeFileSync(join(folder, 'icons.jpg'), jpeg.encode({ data, ...sheet }, QUALITY).data);
  writeFileSync(
    join(folder, 'shipped-channels.ts'),
    `/** What is on \`icons.jpg\`; written by icons.main.ts. */
export const shippedKey = '${iconKey(subject, layer)}';
export const shippedSide = ${side};
export const shippedColumns = ${COLUMNS};
/** Channels of layer ${LAYER}, row by row. */
// biome-ignore format: a table
export const shippedChannels = [${channels.join(', ')}];
`,
  );
  subject.dispose();
}
