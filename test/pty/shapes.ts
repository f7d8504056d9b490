/** Part of a cell, as fractions of its width and height from its upper left corner. */
export interface Shape {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const part = (x: number, y: number, width: number, height: number): Shape => ({ x, y, width, height });

/** Bits of U+2800…U+28FF, the dots of the left column and then the right, from the top. */
const brailleBits = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80];

const braille = (code: number): readonly Shape[] =>
  brailleBits.flatMap((bit, index) =>
    (code - 0x2800) & bit ? [part(index < 4 ? 0.14 : 0.64, (index % 4) * 0.25 + 0.06, 0.26, 0.14)] : [],
  );

/** U+2596…U+259F: which quarters are filled, upper left 1, upper right 2, lower left 4, lower right 8. */
const quadrants = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14];

const quadrant = (code: number): readonly Shape[] =>
  [0, 1, 2, 3].flatMap(index =>
    (quadrants[code - 0x2596] ?? 0) & (1 << index)
      ? [part(index % 2 === 0 ? 0 : 0.5, index < 2 ? 0 : 0.5, 0.5, 0.5)]
      : [],
  );

/** U+2591…U+2593 as dots on a grid, a quarter, a half and three quarters of it. */
const shade = (level: number): readonly Shape[] => {
  const shapes: Shape[] = [];
  for (let row = 0; row < 8; row++)
    for (let column = 0; column < 4; column++)
      if ((column + 2 * (row % 2)) % 4 < level) shapes.push(part(column / 4, row / 8, 1 / 4, 1 / 8));
  return shapes;
};

/**
 * Characters that a terminal draws to the edges of their cell, whatever the font: braille, blocks, shades and the
 * horizontal line. `undefined` for one that a font draws.
 */
export const shapesOf = (char: string): readonly Shape[] | undefined => {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x2800 && code <= 0x28ff) return braille(code);
  if (code === 0x2500) return [part(0, 0.47, 1, 0.06)];
  if (code === 0x2580) return [part(0, 0, 1, 0.5)];
  if (code >= 0x2581 && code <= 0x2588) return [part(0, 1 - (code - 0x2580) / 8, 1, (code - 0x2580) / 8)];
  if (code >= 0x2589 && code <= 0x258f) return [part(0, 0, (0x2590 - code) / 8, 1)];
  if (code === 0x2590) return [part(0.5, 0, 0.5, 1)];
  if (code >= 0x2591 && code <= 0x2593) return shade(code - 0x2590);
  return code >= 0x2596 && code <= 0x259f ? quadrant(code) : undefined;
};
