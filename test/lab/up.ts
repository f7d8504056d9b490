/** `node test/lab/up.ts [--only id,memfd,…]`: the lab's guests, until Ctrl-C, for looking by hand. */
import { parseArgs } from 'node:util';
import { labKeys, startLab, whyNoLab } from './lab.ts';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const only = values.only?.split(',') ?? labKeys;
const keys = labKeys.filter(key => only.includes(key));
const problem = keys.length < only.length ? `--only knows ${labKeys.join(',')}` : (whyNoLab() ?? undefined);
if (problem) {
  console.error(`up.ts: ${problem}`);
  process.exit(2);
}

const signalled = new Promise<void>(resolve => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});
const lab = await startLab(keys);
console.table(
  keys.map(key => ({
    key,
    name: JSON.stringify(lab.guests[key].name),
    pid: lab.guests[key].pid,
    qmp: lab.guests[key].qmpPath,
  })),
);
console.log('The lab is up. Ctrl-C takes it down.');
// A pending promise alone keeps no process alive.
const alive = setInterval(() => {}, 60_000);
await signalled;
clearInterval(alive);
await lab.stop();
