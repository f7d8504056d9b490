/** Spellings of the mount option that hide what other users run: 1 their files, 2 and 4 that they are there at all. */
const hiding: ReadonlySet<string> = new Set(['1', '2', '4', 'noaccess', 'invisible', 'ptraceable']);

/**
 * The option by which /proc hides other users' processes, as `hidepid=2`; undefined where it hides none. Lines of
 * /proc/mounts are `device place type options 0 0`; of several at one place the last counts.
 */
export const hidepidIn = (mounts: string): string | undefined => {
  const options = mounts
    .split('\n')
    .map(line => line.split(' '))
    .findLast(([, place, type]) => place === '/proc' && type === 'proc')?.[3]
    ?.split(',');
  return options?.find(option => option.startsWith('hidepid=') && hiding.has(option.slice('hidepid='.length)));
};
