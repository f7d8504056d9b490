/** What the foot and the top of a graph stand for. */
export interface Scale {
  readonly from: number;
  readonly to: number;
}

/** The part of the largest value below which differences are noise: no graph makes mountains of them. */
const noise = 0.05;
/** Round steps that a scale has at least. */
const leastSteps = 4;

/** The next of 1, 2, 5, 10, … of what the value is told in: `base` is 1024 where that is K, M, G, else 1000. */
const roundStep = (value: number, largest: number, base: number): number => {
  const unit = base ** Math.max(0, Math.floor(Math.log(largest) / Math.log(base)));
  const power = 10 ** Math.floor(Math.log10(value / unit));
  const digit = [1, 2, 5, 10].find(one => one * power * unit >= value * 0.999) ?? 10;
  return digit * power * unit;
};

/**
 * The scale on which these values have a shape: from 0, or where all of them are in the upper half of that, from somewhat below
 * the least. Rounded outwards, so that it stays while values change. `undefined` where there are none, or only zeros. `fromZero`:
 * always from 0, as rates are read.
 */
export const scaleOf = (values: readonly (number | undefined)[], base: number, fromZero = false): Scale | undefined => {
  const known = values.filter(value => value !== undefined);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (!(most > 0)) return undefined;
  const from = fromZero || least < most / 2 ? 0 : least;
  const range = Math.max(most - from, noise * most);
  const step = roundStep(range / leastSteps, most, base);
  const rest = from === 0 ? 0 : Math.max(0, range - (most - from)) / 2;
  return {
    from: from === 0 ? 0 : Math.max(0, Math.floor((from - rest) / step) * step),
    to: Math.ceil((most + rest) / step) * step,
  };
};
