// Where element i of images [n, height, width, channels] lies.
struct Position {
  n: u32,
  row: u32,
  column: u32,
  c: u32,
}

fn positionOf(i: u32, height: u32, width: u32, channels: u32) -> Position {
  return Position(i / (channels * width * height), i / (channels * width) % height, i / channels % width, i % channels);
}
