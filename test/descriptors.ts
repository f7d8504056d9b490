import { readdirSync, readlinkSync } from 'node:fs';

/** On what a descriptor of this process is open; none when it is closed by now, as that of the listing itself. */
const targetOf = (descriptor: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
};

/** How many descriptors this process has open under `folder`: others come and go, with the tests that ran before in it. */
export const descriptorsUnder = (folder: string): number =>
  readdirSync('/proc/self/fd').filter(descriptor => targetOf(descriptor).startsWith(`${folder}/`)).length;
