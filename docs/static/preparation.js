// What MNIST's makers did to each digit, for strokes: as `picture` and `prepare` of the package do it.

const PEN = 0.08; // the width of a line, in sides of the paper
export const PENS = [PEN / 2, PEN];
const SIDE = 280, SIZE = 28, BOX = 20, CENTRE = 14;

// Round halves to the even number, as Python and NumPy do.
function rounded(value) {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}

function distance(x, y, [ax, ay], [bx, by]) {
  const dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
  const t = square ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** Draw strokes, { width, points: [[x, y], ...] } from 0 to 1, or their points alone: SIDE x SIDE numbers, 1 for ink. */
function picture(strokes) {
  const ink = new Float64Array(SIDE * SIDE);
  for (const stroke of strokes) {
    const radius = (SIDE * (stroke.width ?? PEN)) / 2;
    const points = (stroke.points ?? stroke).map(([x, y]) => [x * SIDE, y * SIDE]);
    points.forEach((end, i) => {
      const start = points[Math.max(0, i - 1)];
      const [left, top] = [0, 1].map((axis) => Math.max(0, Math.floor(Math.min(start[axis], end[axis]) - radius - 1)));
      const [right, bottom] = [0, 1].map((axis) => Math.min(SIDE, Math.ceil(Math.max(start[axis], end[axis]) + radius + 1)));
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          const covered = radius + 0.5 - distance(x + 0.5, y + 0.5, start, end); // of the pixel, about
          if (covered > 0) ink[y * SIDE + x] = Math.max(ink[y * SIDE + x], Math.min(1, covered));
        }
    });
  }
  return ink;
}

// Scale along the rows, with a filter as wide as the reduction (Pillow's BILINEAR), and turn the result on its side.
function scaledAndTurned({ rows, columns, values }, size) {
  const scale = columns / size, support = Math.max(scale, 1);
  const result = { rows: size, columns: rows, values: new Float64Array(size * rows) };
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5)), to = Math.min(columns, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: to - from }, (_, k) => Math.max(0, 1 - Math.abs((from + k + 0.5 - centre) / support)));
    const sum = weights.reduce((a, b) => a + b);
    for (let row = 0; row < rows; row++)
      result.values[i * rows + row] =
        weights.reduce((total, weight, k) => total + weight * values[row * columns + from + k], 0) / sum;
  }
  return result;
}

function scaled(image, height, width) {
  const { values } = scaledAndTurned(scaledAndTurned(image, width), height);
  const largest = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => rounded((value * 255) / largest));
}

// Where an axis begins so that its centre of mass lies in the middle, and nothing sticks out.
function start(mass) {
  const sum = mass.reduce((a, b) => a + b), centre = mass.reduce((total, ink, i) => total + ink * i, 0) / Math.max(sum, 1);
  return Math.min(SIZE - mass.length, Math.max(0, rounded(CENTRE - centre)));
}

/** Bring strokes into the form that all of MNIST has: 28 x 28 bytes, 255 for ink; all 0 without strokes. */
export function prepare(strokes, centre = true) {
  const prepared = new Uint8Array(SIZE * SIZE), ink = picture(strokes);
  const inked = [[], []]; // the rows and the columns that have ink
  for (let i = 0; i < SIDE; i++) {
    if (ink.subarray(i * SIDE, (i + 1) * SIDE).some((value) => value >= 1 / 255)) inked[0].push(i);
    for (let y = 0; y < SIDE; y++)
      if (ink[y * SIDE + i] >= 1 / 255) {
        inked[1].push(i);
        break;
      }
  }
  if (!inked[0].length) return prepared;
  if (!centre) return Uint8Array.from(scaled({ rows: SIDE, columns: SIDE, values: ink }, SIZE, SIZE));
  const [[top, rows], [left, columns]] = inked.map((places) => [places[0], places.at(-1) - places[0] + 1]);
  const cut = { rows, columns, values: new Float64Array(rows * columns) };
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) cut.values[y * columns + x] = ink[(top + y) * SIDE + left + x];
  const [height, width] = [rows, columns].map((side) => Math.max(1, rounded((side * BOX) / Math.max(rows, columns))));
  const box = scaled(cut, height, width);
  const massOfRows = Array.from({ length: height }, (_, y) => box.subarray(y * width, (y + 1) * width).reduce((a, b) => a + b));
  const massOfColumns = Array.from({ length: width }, (_, x) => massOfRows.reduce((sum, _, y) => sum + box[y * width + x], 0));
  const [y0, x0] = [start(massOfRows), start(massOfColumns)];
  box.forEach((value, i) => {
    prepared[(y0 + Math.floor(i / width)) * SIZE + x0 + (i % width)] = value;
  });
  return prepared;
}
