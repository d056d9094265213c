/**
 * `node apps/cli/run.mjs exec apps/labs/masktune/legs.ts FOLDER [--minutes 110] [--preset full] [--seed 1] [--set KEY=VALUE …]`: a long run in
 * legs. What is reached is kept in FOLDER after each epoch and each model; the same command goes on from there, until the result is written to
 * FOLDER/result.json and the bars are printed.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../../cli/data/folders.ts';
import { parseLabArguments } from '../../cli/lab-arguments.ts';
import { runInNode } from '../../runtime/node.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { RunStore } from '../../runtime/store.ts';
import { barsOf } from './bars.ts';
import { experiment, type MaskTuneResult } from './experiment.ts';

const MINUTES = 110;

/** @returns 0 where the run is finished, 3 where another leg is needed, 2 for wrong arguments */
export async function main(args: readonly string[]): Promise<number> {
  const [folder = '', ...rest] = args;
  const at = rest.indexOf('--minutes');
  const minutes = at < 0 ? MINUTES : Number(rest[at + 1]);
  const given = parseLabArguments(experiment, at < 0 ? rest : [...rest.slice(0, at), ...rest.slice(at + 2)]);
  if (folder === '' || folder.startsWith('-') || !(minutes > 0) || given.errors.length > 0) {
    console.error(['usage: legs.ts FOLDER [--minutes N] [arguments of npm run lab]', ...given.errors].join('\n'));
    return 2;
  }
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, 'run.safetensors');
  const enough = new AbortController();
  const started = performance.now();
  const store = new RunStore();
  let last = 0;
  try {
    const { result, runner, seconds, config, device } = await runInNode(experiment, {
      environment: nodeEnvironment(join(dataFolder, 'packs')),
      device: given.device as 'auto',
      preset: given.preset,
      config: given.config,
      signal: enough.signal,
      ...(existsSync(kept) ? { checkpoint: new Uint8Array(readFileSync(kept)) } : {}),
      onEvent(event) {
        store.apply([event]);
        if (event.type !== 'checkpoint' || event.name !== 'run') return;
        // Written beside and renamed: a leg that is cut off leaves a whole file.
        writeFileSync(`${kept}.part`, event.bytes);
        renameSync(`${kept}.part`, kept);
        last = event.step;
        const spent = (performance.now() - started) / 60_000;
        console.log(`${spent.toFixed(1)} min: step ${event.step}${store.step?.total ? ` of ${store.step.total}` : ''}`);
        if (spent > minutes) enough.abort(new Error('enough'));
      },
    });
    await runner.stop();
    for (const [name, rows] of store.tables) {
      console.log(name);
      console.table(rows);
    }
    const bars = barsOf(result as MaskTuneResult);
    for (const { bar, holds, measured } of bars) console.log(`${holds ? 'holds' : 'MISSED'}: ${bar}: ${measured}`);
    writeFileSync(join(folder, 'result.json'), `${JSON.stringify({ config, device, seconds, result, bars }, undefined, 1)}\n`);
    return 0;
  } catch (error) {
    if (!enough.signal.aborted) throw error;
    console.log(`The leg is over at step ${last}. The same command goes on.`);
    return 3;
  }
}
