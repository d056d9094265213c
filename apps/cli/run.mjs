#!/usr/bin/env node
/**
 * The one entry of the command line: `node apps/cli/run.mjs COMMAND [arguments]`. `exec FILE` runs a TypeScript file with its
 * `.wgsl` imports; every other command is a TypeScript file of its own.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vulkanEnvironment } from './vulkan.mjs';

/** Command, file from the repository root, whether it runs kernels in Node, and what `help` says. */
const COMMANDS = {
  start: ['apps/cli/start.ts', false, 'prepare the data and serve the site'],
  test: ['apps/cli/test.ts', true, 'run every check and test, ending with one line `N passed, N failed`'],
  build: ['apps/cli/build.ts', false, 'build the site into dist/'],
  data: ['apps/cli/data.ts', false, 'fetch the data sets'],
  lab: ['apps/cli/lab.ts', true, 'run a lab without a browser: lab ID [key=value …]'],
  fixtures: ['apps/cli/fixtures.ts', true, 'replay a folder of fixtures on every device: fixtures DIR'],
  wgsl: ['apps/cli/wgsl.ts', false, 'run a WGSL program and say what is wrong with it: wgsl JOB'],
  bench: ['bench/main.ts', true, 'run the benchmarks'],
  screenshots: ['apps/cli/screenshots.ts', false, 'take pictures of every page'],
  types: ['apps/cli/types.ts', false, 'write the declarations of the .wgsl files into .types/'],
};

/** Commands that import no `.wgsl` file: they start faster. */
const BUNDLED = new Set(['wgsl']);

function usage() {
  const lines = Object.entries(COMMANDS).map(([name, [, , help]]) => `  ${name.padEnd(12)} ${help}`);
  return `node apps/cli/run.mjs COMMAND [arguments]\n\n${lines.join('\n')}\n  exec FILE    run a TypeScript file\n`;
}

/** Starts this process again with other variables and becomes its shadow: same output, signals and exit code. */
function respawn(extra) {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, ...extra, CHALKGRAD_VULKAN: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

async function main() {
  const [command, ...rest] = process.argv.slice(2);
  const known = Object.hasOwn(COMMANDS, command ?? '') ? COMMANDS[command] : undefined;
  if (!known && (command !== 'exec' || rest[0] === undefined)) {
    process[command === undefined || command === 'help' ? 'stdout' : 'stderr'].write(usage());
    process.exitCode = command === undefined || command === 'help' ? 0 : 2;
    return;
  }
  const file = known ? fileURLToPath(new URL(`../../${known[0]}`, import.meta.url)) : resolve(rest[0]);
  if (!existsSync(file)) throw new Error(`${file} does not exist`);
  if ((known?.[1] ?? true) && !process.env.CHALKGRAD_VULKAN) {
    const extra = vulkanEnvironment();
    if (Object.keys(extra).length > 0) return respawn(extra);
  }
  process.argv = [process.argv[0], file, ...(known ? rest : rest.slice(1))];
  const { importBundled, importModule } = await import('./runner.mjs');
  const module = await (BUNDLED.has(command) ? importBundled(file) : importModule(file));
  // A command exports `main(args)` and may return an exit code; a script for `exec` may just run.
  if (typeof module.main === 'function') {
    const code = await module.main(process.argv.slice(2));
    if (typeof code === 'number') process.exitCode = code;
  }
}

main().catch((error) => {
  // A wrong option is the caller's: its sentence says all.
  if (String(error?.code).startsWith('ERR_PARSE_ARGS')) {
    console.error(error.message);
    process.exitCode = 2;
    return;
  }
  console.error(error instanceof Error && process.env.DEBUG === undefined ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
