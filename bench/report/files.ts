/** Result files: `bench/results/DATE-ADAPTER.json` with the report as Markdown and as a page beside it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchRoot } from '../host/peers.ts';
import { type BenchResult, FORMAT } from '../measure/result.ts';
import { htmlReport } from './html.ts';
import { markdownReport } from './markdown.ts';

/** Writes the three files and returns their paths. */
export function writeResult(result: BenchResult, folder = join(benchRoot, 'results')): string[] {
  mkdirSync(folder, { recursive: true });
  const name = join(folder, resultName(result));
  const contents = { json: formatJson(result), md: `${markdownReport(result)}\n`, html: htmlReport(result) };
  return Object.entries(contents).map(([extension, content]) => {
    writeFileSync(`${name}.${extension}`, content);
    return `${name}.${extension}`;
  });
}

/** @throws Error where the file is no result of this benchmark or of another format version */
export function readResult(file: string): BenchResult {
  const result = JSON.parse(readFileSync(file, 'utf8')) as BenchResult;
  if (result?.format !== FORMAT) throw new Error(`${file} is no benchmark result of format ${FORMAT}`);
  return result;
}

/** Date, adapter and, where it is not a full run in a browser, a mark. */
export function resultName(result: BenchResult): string {
  const { vendor, architecture, description } = result.adapter;
  const adapter = result.adapter.software ? architecture || description : `${vendor}-${architecture}-${description}`;
  const slug = adapter
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  const where = result.environment.where === 'node' ? '-node' : '';
  // A run that was broken off does not take the place of one that was not.
  const whole = result.interrupted ? '-interrupted' : result.partial ? '-partial' : '';
  return `${result.date.slice(0, 10)}-${slug}${where}${whole}`;
}

/** JSON with times rounded to a tenth of a microsecond: more digits would claim a precision that no timer has. */
function formatJson(result: BenchResult): string {
  const round = (key: string, value: unknown): unknown => {
    if (key === 'samples') return (value as number[]).map((seconds) => Number(seconds.toPrecision(5)));
    return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
  };
  return `${JSON.stringify(result, round, 1)}\n`;
}
