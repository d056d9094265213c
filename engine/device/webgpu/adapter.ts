/** Finds a WebGPU adapter in a window, a worker or Node, asks for all it allows, and says what it is. */
import { DeviceLostError, NoWebGPUError } from '../../errors.ts';
import type { AdapterCaps } from '../../kernels/kernel.ts';
import type { DeviceInfo } from '../device.ts';

export interface OpenedAdapter {
  readonly gpu: GPU;
  readonly device: GPUDevice;
  readonly info: DeviceInfo;
  readonly caps: AdapterCaps;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software|warp/i;
const WANTED_FEATURES = ['subgroups', 'timestamp-query'] as const;

/** Dawn's object must outlive its devices: losing it loses them ("a valid external Instance reference no longer exists"). */
let nodeGpu: GPU | undefined;

async function findGpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu) return navigator.gpu;
  if (nodeGpu) return nodeGpu;
  if (typeof process !== 'undefined' && process.versions?.node) {
    try {
      const name = 'webgpu';
      const dawn = (await import(/* @vite-ignore */ name)) as { create(flags: string[]): GPU; globals: object };
      Object.assign(globalThis, dawn.globals);
      nodeGpu = dawn.create([]);
      return nodeGpu;
    } catch (cause) {
      throw new NoWebGPUError(`the npm package "webgpu" could not be loaded: ${(cause as Error).message}`);
    }
  }
  throw new NoWebGPUError('this browser has no navigator.gpu');
}

export interface AdapterOptions {
  readonly powerPreference?: GPUPowerPreference;
  /** Takes no adapter that computes on the processor. */
  readonly hardwareOnly?: boolean;
}

/** Opens a device with every limit that the adapter offers. @throws NoWebGPUError */
export async function openAdapter(options: AdapterOptions = {}): Promise<OpenedAdapter> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: options.powerPreference ?? 'high-performance' });
  if (!adapter) throw new NoWebGPUError('no adapter was found');
  const { vendor, architecture, description } = adapter.info;
  const software = adapter.info.isFallbackAdapter === true || SOFTWARE.test(`${vendor} ${architecture} ${description}`);
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  if (software && options.hardwareOnly) throw new NoWebGPUError(`the only adapter, ${name}, computes on the processor`);
  const limits = adapter.limits;
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredFeatures,
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      },
    });
  } catch (cause) {
    throw new DeviceLostError(`no device could be opened: ${(cause as Error).message}`);
  }
  const subgroups = device.features.has('subgroups');
  return {
    gpu,
    device,
    info: { kind: 'webgpu', name, vendor, architecture, software },
    caps: {
      kind: software ? 'software' : 'gpu',
      software,
      subgroups,
      subgroupMinSize: subgroups ? (adapter.info.subgroupMinSize ?? 1) : 1,
      subgroupMaxSize: subgroups ? (adapter.info.subgroupMaxSize ?? 1) : 1,
      maxWorkgroupStorageSize: device.limits.maxComputeWorkgroupStorageSize,
      maxInvocationsPerWorkgroup: device.limits.maxComputeInvocationsPerWorkgroup,
      maxWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
      maxStorageBuffersPerStage: device.limits.maxStorageBuffersPerShaderStage,
    },
  };
}
