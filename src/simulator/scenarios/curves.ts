import { wander } from '../chance.ts';

/** What changes over the seconds of a scenario. */
export type Curve = (second: number) => number;

/** Always the same, but for a part (0 to 1) by which it goes up and down within some minutes; `stream` tells curves apart. */
export const steady =
  (bytes: number, part: number, stream: number): Curve =>
  second =>
    bytes * (1 + part * wander(1, stream, second, 180));

/** Straight lines between points of time and value; before the first and after the last it stays. */
export const path =
  (...points: readonly (readonly [second: number, bytes: number])[]): Curve =>
  second => {
    const next = points.findIndex(([at]) => at > second);
    const [from, to] = [points.at(next - 1), points[next]];
    if (next === 0 || !from || !to) return (next === 0 ? to : points.at(-1))?.[1] ?? 0;
    return from[1] + ((to[1] - from[1]) * (second - from[0])) / (to[0] - from[0]);
  };

/** Numbered names: `desk-01`, `desk-02`, … */
export const numbered = <Made>(count: number, make: (number: string, index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(String(index + 1).padStart(2, '0'), index));
