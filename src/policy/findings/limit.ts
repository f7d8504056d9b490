/**
 * While a finding stands, its number must come back this much further than to the limit: one that lies at its limit would
 * come and go with every look otherwise. Share of the limit.
 */
const band = 0.2;

/** Whether a number is above its limit, or not yet well below it while the finding stands. Unknown is not above. */
export const above = (value: number | undefined, limit: number, stands: boolean): value is number =>
  value !== undefined && value > limit * (stands ? 1 - band : 1);

/** Whether a number is below its limit, or not yet well above it while the finding stands. Unknown is not below. */
export const below = (value: number | undefined, limit: number, stands: boolean): value is number =>
  value !== undefined && value < limit * (stands ? 1 + band : 1);
