/**
 * `node apps/cli/run.mjs exec apps/labs/saliency/parachute.main.ts`: Tiny Darknet on the test photograph of a parachute (which may not be passed on):
 * where its maps lie beside the outline of the canopy, and what the logit loses when the canopy or everything else is covered.
 */
import { METHOD_NAMES, type MethodName } from '../../../engine/explain/method-names.ts';
import { formatPercent } from '../../components/shared/format.ts';
import { openEngine } from '../../runtime/engine-device.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { defaults } from '../../runtime/schema.ts';
import { Explainer } from './explain.ts';
import { schema } from './schema.ts';
import { type Config, openSubject, type Picture, type Subject } from './subject.ts';

const METHODS: readonly MethodName[] = ['CAM', 'saliency', 'gradient × input', 'integrated gradients', 'occlusion'];
const GREY = 128;

async function end(work: AsyncGenerator<ExperimentEvent, Subject>): Promise<Subject> {
  for (;;) {
    const { done, value } = await work.next();
    if (done) return value;
  }
}

/** Grey where the canopy is, or where it is not. */
function covered({ pixels, object }: Picture, which: 'canopy' | 'surroundings'): Pick<Picture, 'pixels'> {
  const hidden = (pixel: number) => (object?.[pixel] === 1) === (which === 'canopy');
  return { pixels: pixels.map((byte, at) => (hidden(Math.floor(at / 3)) ? GREY : byte)) };
}

/** @returns 1 where the photograph is not there */
export async function main(): Promise<number> {
  const { data } = nodeEnvironment();
  const device = await openEngine('wasm');
  const config: Config = { ...defaults(schema), network: 'tiny-darknet' };
  const { signal } = new AbortController();
  const files = new Map<string, Uint8Array>();
  const context: RunContext = { data, device, signal, files, live: config, checkpoint: undefined, onDispose() {}, log() {} };
  const { open, pictures } = await end(openSubject(config, context));
  const explainer = new Explainer(open, config.seed);
  const picture = pictures.find(({ name, object }) => name === 'parachute' && object);
  if (!picture) {
    console.error('The photograph `parachute` has not been prepared: it comes with a data mirror that CHALKGRAD_DATA names.');
    return 1;
  }
  const shown = {
    'as it is': picture,
    'canopy grey': covered(picture, 'canopy'),
    'all but the canopy grey': covered(picture, 'surroundings'),
  };
  const said = [];
  for (const [which, one] of Object.entries(shown)) {
    const [scores] = await explainer.scores([one]);
    const [verdict] = await explainer.verdicts([one]);
    said.push({
      picture: which,
      'parachute logit': scores?.[picture.label]?.toFixed(2),
      says: verdict?.name,
      with: verdict?.probability.toFixed(3),
    });
  }
  console.table(said);
  const percent = (share: number | null | undefined) => formatPercent(share ?? Number.NaN);
  const rows = [];
  for (const method of METHOD_NAMES.filter((name) => METHODS.includes(name))) {
    const { outside, lit, area } = await explainer.maps(method, [picture], { ...config, target: 'true' });
    rows.push({
      method,
      'mass outside the canopy': percent(outside[0]),
      'above half its largest value': percent(lit[0]),
      area: percent(area[0]),
    });
  }
  console.table(rows);
  explainer.dispose();
  open.network.dispose();
  return 0;
}
