// @include exponential.wgsl

fn exponential4(v: vec4f) -> vec4f {
  return vec4f(exponential(v.x), exponential(v.y), exponential(v.z), exponential(v.w));
}
