// Counting without a read-back of the tensor: elements that are infinite or NaN.
//
// Non-finite numbers are told by their exponent bits: a driver may assume that floats are finite and fold a test like x != x away.
// i element, s slice of the input (S = slices); each slice is counted by one invocation, then the counts are added in order.
// nonFinite   partials[s] = number of i in s, s + S, s + 2S, … (vectors of four) with all exponent bits of x_i set
// total       count[0] = sum over s of partials[s]

struct Params {
  count: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> partials: array<u32>;
@group(0) @binding(3) var<storage, read> counted: array<u32>;
@group(0) @binding(4) var<storage, read_write> count: array<u32>;

const EXPONENT = 0x7f800000u;

@compute @workgroup_size(64)
fn nonFinite(@builtin(global_invocation_id) id: vec3u) {
  let s = id.x;
  if (s >= params.slices) {
    return;
  }
  var found = vec4u();
  for (var i = s; i < (params.count + 3u) / 4u; i += params.slices) {
    let broken = (x4[i] & vec4u(EXPONENT)) == vec4u(EXPONENT);
    let inside = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.count);
    found += select(vec4u(), vec4u(1u), broken & inside);
  }
  partials[s] = found.x + found.y + found.z + found.w;
}

@compute @workgroup_size(1)
fn total() {
  var sum = 0u;
  for (var s = 0u; s < params.slices; s++) {
    sum += counted[s];
  }
  count[0] = sum;
}
