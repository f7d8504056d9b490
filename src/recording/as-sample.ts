import type { Sample } from '../sample.ts';
import { RecordingError } from './tape.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every(one => typeof one === 'number');

const has = (value: Readonly<Record<string, unknown>>, type: string, ...keys: readonly string[]): boolean =>
  keys.every(key => (type === 'object' ? isObject(value[key]) : typeof value[key] === type));

const isGuest = (value: unknown): boolean =>
  isObject(value) &&
  has(value, 'string', 'id', 'name', 'vmm') &&
  has(value, 'number', 'pid', 'starttime') &&
  has(value, 'object', 'launch', 'process', 'monitor');

/** What all that reads Samples relies on; what is unknown here is kept, a later kvmtop may have written it. */
export const asSample = (value: unknown): Sample => {
  const { guests, problems } = isObject(value) ? value : {};
  const whole =
    isObject(value) &&
    has(value, 'number', 'time', 'monotonic', 'pageSize') &&
    has(value, 'object', 'host') &&
    isNumbers(value['late'] ?? {}) &&
    Array.isArray(guests) &&
    guests.every(isGuest) &&
    Array.isArray(problems) &&
    problems.every(one => isObject(one) && has(one, 'string', 'source', 'message'));
  if (!whole) throw new RecordingError('a sample of the recording is none: it lacks what every sample has');
  if (value['version'] !== 1)
    throw new RecordingError(`a sample of the recording is of version ${Number(value['version'])}: use a newer kvmtop`);
  return value as unknown as Sample;
};
