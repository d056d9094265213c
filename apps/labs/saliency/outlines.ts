/** Outlines of objects on photographs, drawn by hand: what is inside is the object, what is outside its surroundings. */

/** Corners [x, y] as shares of width and height. */
type Outline = readonly (readonly [x: number, y: number])[];

/** Of 768 pixels a side, the size at which they were drawn. */
const from768 = (...corners: readonly (readonly [number, number])[]): Outline => corners.map(([x, y]) => [x / 768, y / 768]);

/** By the name of the photograph. */
export const OUTLINES: Readonly<Record<string, Outline>> = {
  // The canopy, not the jumper at the left edge.
  parachute: from768(
    ...([
      [373, 280],
      [375, 210],
      [385, 170],
      [405, 130],
      [435, 95],
      [475, 72],
      [520, 58],
      [575, 48],
      [620, 52],
      [665, 65],
      [710, 85],
      [768, 128],
      [768, 695],
      [490, 697],
      [470, 665],
      [450, 630],
      [432, 580],
      [420, 545],
      [408, 500],
      [395, 450],
      [385, 400],
      [375, 350],
    ] as const),
  ),
};

/** 1 for each pixel whose middle is inside (even–odd rule), [height, width]. */
export function inside(outline: Outline, height: number, width: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: height * width }, (_, pixel) => {
    const [x, y] = [((pixel % width) + 0.5) / width, (Math.floor(pixel / width) + 0.5) / height];
    let odd = false;
    outline.forEach(([ax, ay], k) => {
      const [bx, by] = outline[(k + 1) % outline.length] as readonly [number, number];
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
    });
    return Number(odd);
  });
}
