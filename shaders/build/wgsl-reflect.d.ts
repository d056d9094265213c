// The package's `main` is CommonJS inside an ES module package and does not load in Node; its module build does.
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
