import { closeSync, readFileSync } from 'node:fs';
import { pin, textOf } from '../../../src/collect/guests/process/foreign.ts';
import { parseMounts } from '../../../src/collect/guests/process/mounts.ts';

/** What comes of the paths in a file, each on its line, as a configuration and as a socket; and how long it takes. */
const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
const started = performance.now();
const paths = readFileSync(process.argv[2] ?? '', 'utf8')
  .trim()
  .split('\n');
const found = await Promise.all(
  paths.map(async path => {
    const file = { root: '/', path, relative: false };
    const refused = (error: unknown) => String(error);
    const text = await textOf(file, mounts, 1000).catch(refused);
    const socket = await pin(file, mounts).then(({ descriptor, stats }) => {
      closeSync(descriptor);
      return stats.isSocket() ? 'socket' : 'no socket';
    }, refused);
    return [path, { text: text ?? 'none', socket }] as const;
  }),
);
console.log(JSON.stringify({ found: Object.fromEntries(found), milliseconds: performance.now() - started }));
