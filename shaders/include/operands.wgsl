// Where the operands' elements of output element or vector i lie.
fn operandsOf(i: u32) -> vec2u {
  var rest = i;
  var at = vec2u();
  // @unroll
  for (var d = 0u; d < 4u; d++) {
    let position = rest % params.inner[3u - d];
    rest = rest / params.inner[3u - d];
    at += position * vec2u(params.innerStrideA[3u - d], params.innerStrideB[3u - d]);
  }
  if (rest > 0u) {
    // @unroll
    for (var d = 0u; d < 4u; d++) {
      let position = rest % params.outer[3u - d];
      rest = rest / params.outer[3u - d];
      at += position * vec2u(params.outerStrideA[3u - d], params.outerStrideB[3u - d]);
    }
  }
  return at;
}
