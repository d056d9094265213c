/** What the browser says of its WebGPU adapter, before anything is computed. */

export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Why there is no WebGPU here. */
export type Missing = 'insecure' | 'no-api' | 'no-adapter';

/** Limits that decide what the engine can do, with what they mean. */
export const decisiveLimits: Readonly<Record<string, string>> = {
  maxBufferSize: 'largest tensor',
  maxStorageBufferBindingSize: 'largest tensor that a kernel sees',
  maxComputeWorkgroupStorageSize: 'memory that a workgroup shares',
  maxComputeInvocationsPerWorkgroup: 'invocations of a workgroup',
  maxComputeWorkgroupsPerDimension: 'workgroups along an axis',
  maxStorageBuffersPerShaderStage: 'buffers of a kernel',
};

export async function findAdapter(): Promise<AdapterFacts | Missing> {
  if (!isSecureContext) return 'insecure';
  if (!navigator.gpu) return 'no-api';
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return 'no-adapter';
  const { vendor, architecture, description } = adapter.info;
  const limits: Record<string, number> = {};
  // The limits are getters of the prototype.
  for (const name of Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(adapter.limits)))) {
    const value: unknown = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') limits[name] = value;
  }
  return { vendor, architecture, description, features: [...adapter.features].sort(), limits };
}
