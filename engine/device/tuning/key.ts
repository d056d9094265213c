/**
 * What a measured choice is stored under. It holds for one kernel as it is written now, for parameters of one shape class and for one
 * kind of adapter; anything else is measured anew.
 */
import type { ShaderModule } from '../../../shaders/build/module.ts';
import type { AdapterCaps, AnyKernel } from '../../kernels/kernel.ts';
import type { DeviceInfo } from '../device.ts';
import type { Candidate } from './candidates.ts';

/** Whole numbers up to this one stay as they are: extents of convolution kernels, strides, flags, few channels. */
const EXACT = 8;

/**
 * The class of a parameter record. Sizes above 8 become the nearest power of two and the largest of 4, 2, 1 that divides them (kernels
 * read vectors of four), smaller whole numbers stay, and fractions, which change no cost, are all alike.
 */
export function shapeClass(params: unknown): string {
  if (typeof params === 'number') return sizeClass(params);
  if (Array.isArray(params)) return `[${params.map(shapeClass).join()}]`;
  if (params === null || typeof params !== 'object') return String(params);
  const fields = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.map(([name, value]) => `${name}=${shapeClass(value)}`).join();
}

function sizeClass(value: number): string {
  if (!Number.isInteger(value)) return '~';
  if (Math.abs(value) <= EXACT) return String(value);
  const divisor = value % 4 === 0 ? 4 : value % 2 === 0 ? 2 : 1;
  return `${value < 0 ? '-' : ''}2^${Math.round(Math.log2(Math.abs(value)))}/${divisor}`;
}

/** 32 bits of FNV-1a over the UTF-16 units of a text, in hexadecimal. */
export function hashOf(text: string, seed = 0x811c9dc5): string {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const sourceHashes = new WeakMap<ShaderModule, string>();

function sourceHash(shader: ShaderModule): string {
  let hash = sourceHashes.get(shader);
  if (hash === undefined) {
    hash = hashOf(shader.unrolled);
    sourceHashes.set(shader, hash);
  }
  return hash;
}

/** `kernel@hash of the WGSL of all candidates|candidates|shape class` */
export function choiceKey(kernel: AnyKernel, params: unknown, candidates: readonly Candidate[]): string {
  const sources = candidates.flatMap(({ plan }) => plan.dispatches.map(({ shader }) => sourceHash(shader)));
  const ids = candidates.map(({ variant }) => variant.id).sort();
  return `${kernel.name}@${hashOf([...new Set(sources)].sort().join())}|${ids.join()}|${shapeClass(params)}`;
}

/** Whose compiler and driver it is: the browser's major version decides, too. */
function platform(): string {
  // Node has a navigator since its version 21.
  const node = typeof process === 'undefined' ? undefined : process.versions?.node;
  if (node) return `Node.js ${node.split('.')[0]}`;
  const agent = globalThis.navigator?.userAgent ?? '';
  const found = /(Edg|OPR|Firefox)\/(\d+)/.exec(agent) ?? /(Chrome)\/(\d+)/.exec(agent) ?? /(Version)\/(\d+)/.exec(agent);
  return found ? `${found[1]} ${found[2]}` : 'unknown';
}

/** `vendor | architecture | name | subgroups | limits | browser and its major version` */
export function adapterKey(info: DeviceInfo, caps: AdapterCaps, browser = platform()): string {
  const subgroups = caps.subgroups ? `${caps.subgroupMinSize}-${caps.subgroupMaxSize}` : 'none';
  const limits = [caps.maxWorkgroupStorageSize, caps.maxInvocationsPerWorkgroup, caps.maxStorageBuffersPerStage];
  return [info.vendor, info.architecture, info.name, `subgroups ${subgroups}`, limits.join(' '), browser].join(' | ');
}
