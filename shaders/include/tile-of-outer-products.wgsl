const TILE = 16u;
const DEPTH = 16u;

var<workgroup> leftTile: array<vec4f, 256>;
var<workgroup> rightTile: array<vec4f, 256>;

// Adds the products of the two tiles: for each k, outer products of 2 vectors of rows and 2 of columns, each 8 apart.
fn addTile(local: vec2u, sum: ptr<function, array<vec4f, 16>>) {
  for (var k = 0u; k < DEPTH; k++) {
    // @unroll
    for (var i = 0u; i < 2u; i++) {
      let left = leftTile[k * TILE + local.y + i * 8u];
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let right = rightTile[k * TILE + local.x + j * 8u];
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          (*sum)[(i * 4u + c) * 2u + j] = fma(vec4f(left[c]), right, (*sum)[(i * 4u + c) * 2u + j]);
        }
      }
    }
  }
}
