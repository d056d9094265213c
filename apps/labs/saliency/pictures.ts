/** The source's gallery as files: image, map and overlay of some images of each class, named by what the network says of them. */
import { imageAt } from '../../../engine/data/dataset.ts';
import { encodePng } from '../../../engine/data/formats/png-encode.ts';
import { enlargeMap, scaleMap } from '../../../engine/explain/display.ts';
import type { MethodName } from '../../../engine/explain/method-names.ts';
import { whyUndefined } from '../../../engine/explain/methods.ts';
import { colorize } from '../../shell/colors.ts';
import type { Explainer } from './explain.ts';
import type { Config, Picture, Subject } from './subject.ts';

export interface NamedFile {
  /** With folders: `church/01-parachute-0.433-overlay.png`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Weight of the map over the image, as in the source. */
const OPACITY = 0.4;

/** The method of the source, or where it is not defined the first that is. */
function methodFor(explainer: Explainer, config: Config): MethodName {
  const order: readonly MethodName[] = ['CAM', 'Grad-CAM', ...config.methods];
  const defined = (method: MethodName) => !whyUndefined(explainer.network, method, explainer.layerOf(method, config));
  return order.find(defined) ?? 'saliency';
}

const folderName = (name: string): string => name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '') || 'unnamed';

/** Colours of a map in [0, 1], and the same over the image. */
function coloured(map: Float32Array, pixels: Uint8Array, channels: number): { map: Uint8Array; overlay: Uint8Array } {
  const rgba = new Uint8ClampedArray(map.length * 4);
  colorize(map, 'sequential', 1, 'dark', rgba);
  const [alone, overlay] = [new Uint8Array(map.length * 3), new Uint8Array(map.length * 3)];
  for (let i = 0; i < map.length; i++) {
    for (let c = 0; c < 3; c++) {
      const hue = rgba[4 * i + c] as number;
      alone[3 * i + c] = hue;
      overlay[3 * i + c] = Math.round(
        OPACITY * hue + (1 - OPACITY) * (pixels[channels * i + (channels === 3 ? c : 0)] as number),
      );
    }
  }
  return { map: alone, overlay };
}

/** Images of each class, in folders by class; photographs, of which no class has several, one after another. */
function chosen({ test, pictures }: Subject, perClass: number): readonly Picture[] {
  if (!test) return pictures;
  return test.classNames.flatMap((name, label) => {
    const of = Array.from(test.labels, (_, index) => index).filter((index) => test.labels[index] === label);
    return of.slice(0, perClass).map((index) => ({ pixels: imageAt(test, index), label, name, object: null }));
  });
}

/** Maps are cut at 0, scaled to [0, 1] for each image and enlarged, as in the source; `index.csv` lists them all. */
export async function pictureFiles(explainer: Explainer, subject: Subject, config: Config): Promise<NamedFile[]> {
  const method = methodFor(explainer, config);
  const [height, width, channels] = explainer.network.inputShape as [number, number, number];
  const files: NamedFile[] = [];
  const lines = ['file,true class,predicted class,confidence,method'];
  const counts = new Map<string, number>();
  for (const picture of chosen(subject, config.perClass)) {
    const [verdict] = await explainer.verdicts([picture]);
    if (!verdict) continue;
    const targets = await explainer.targets([picture], config);
    const { values, shape } = await explainer.raw(explainer.network, method, [picture], targets, { ...config, rectify: true });
    const [h, w] = shape.slice(1) as [number, number];
    const map = enlargeMap(scaleMap(values, 'min–max'), h, w, height, width);
    const folder = folderName(picture.name);
    const number = (counts.get(folder) ?? 0) + 1;
    counts.set(folder, number);
    const stem = `${folder}/${String(number).padStart(2, '0')}-${folderName(verdict.name)}-${verdict.probability.toFixed(3)}`;
    const { map: alone, overlay } = coloured(map, picture.pixels, channels);
    const add = async (kind: string, data: Uint8Array, of: number) => {
      files.push({ path: `${stem}-${kind}.png`, bytes: await encodePng({ width, height, channels: of, data }) });
    };
    await add('image', picture.pixels, channels);
    await add('map', alone, 3);
    await add('overlay', overlay, 3);
    lines.push([stem, quoted(picture.name), quoted(verdict.name), verdict.probability.toFixed(4), method].join(','));
  }
  return [...files, { path: 'index.csv', bytes: new TextEncoder().encode(`${lines.join('\n')}\n`) }];
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
