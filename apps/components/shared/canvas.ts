/** Fits a canvas to `width` × `height` CSS pixels at the device's resolution; the context's unit is the CSS pixel afterwards. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = globalThis.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Many pictures of one size side by side on one canvas, so that drawing them all costs one upload. */
export class Atlas {
  readonly canvas: HTMLCanvasElement;
  private readonly columns: number;
  private readonly width: number;
  private readonly height: number;

  /** @param picture RGBA bytes of picture i */
  constructor(count: number, width: number, height: number, picture: (i: number) => Uint8ClampedArray<ArrayBuffer>) {
    // Nearly square, as browsers limit each side.
    this.columns = Math.max(1, Math.ceil(Math.sqrt((count * height) / width)));
    this.width = width;
    this.height = height;
    this.canvas = document.createElement('canvas');
    this.canvas.width = this.columns * width;
    this.canvas.height = Math.max(1, Math.ceil(count / this.columns)) * height;
    const context = this.canvas.getContext('2d');
    for (let i = 0; i < count; i++) context?.putImageData(new ImageData(picture(i), width, height), ...this.origin(i));
  }

  private origin(i: number): [x: number, y: number] {
    return [(i % this.columns) * this.width, Math.floor(i / this.columns) * this.height];
  }

  /** Draws picture i into a rectangle. */
  draw(context: CanvasRenderingContext2D, i: number, x: number, y: number, width: number, height: number): void {
    context.drawImage(this.canvas, ...this.origin(i), this.width, this.height, x, y, width, height);
  }
}

/** An RGBA picture as a canvas of its own size, to be scaled by `drawImage`. */
export function pictureCanvas(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
