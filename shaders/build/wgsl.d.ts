// For a `.wgsl` file whose own declaration has not been generated yet (`npm run types`).
declare module '*.wgsl' {
  import type { ShaderModule } from './module.ts';

  const shader: ShaderModule;
  export default shader;
}
