import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirshAsker } from '../../../src/collect/guests/monitors/libvirt/virsh.ts';
import { until } from '../../until.ts';
import { type FakeVirsh, installFakeVirsh } from '../../virsh/fake.ts';

const uri = 'qemu+ssh://root@localhost/system';
const uuid = '938d9d25-c83b-41ac-81db-984442041001';
const statsOf = `domstats --balloon --state --raw --nowait ${uuid}`;

let fake: FakeVirsh;
let asker: VirshAsker;
let path: string | undefined;
beforeEach(() => {
  path = process.env['PATH'];
  fake = installFakeVirsh();
  process.env['PATH'] = fake.dir;
  asker = new VirshAsker(uri);
});
afterEach(async () => {
  process.env['PATH'] = path;
  await asker.close();
  fake.remove();
});

describe('a libvirt that is not on this host', () => {
  it('is asked by read-only runs of virsh, one after the other', async () => {
    fake.play({
      answers: {
        [statsOf]: "Domain: 'vm'\n  state.state=1\n  balloon.rss=5\n\n",
        [`dumpxml ${uuid}`]: '<domain></domain>\n',
        [`domjobinfo --rawstats ${uuid}`]: 'Job type: 2\n\noperation: 5\n\n',
      },
    });
    const answers = [asker.domainStats(uuid), asker.domainXml(uuid), asker.jobStats(uuid)] as const;
    expect(await Promise.all(answers)).toEqual([
      new Map([
        ['state.state', 1],
        ['balloon.rss', 5],
      ]),
      '<domain></domain>\n',
      { type: 2, values: new Map([['operation', 5]]) },
    ]);
    const before = ['-q', '-r', '-c', uri];
    expect(fake.runs().map(({ args }) => args)).toEqual([
      [...before, ...statsOf.split(' ')],
      [...before, 'dumpxml', uuid],
      [...before, 'domjobinfo', '--rawstats', uuid],
    ]);
    expect(asker.problem).toBeUndefined();
  });

  it.each([
    ['no connection', 'error: failed to connect to the hypervisor\nerror: no route\n', 'unreachable', /\(no route\)$/],
    ['no privilege', 'error: failed to connect to the hypervisor\nerror: Permission denied\n', 'denied', /run as root/],
    ['another domain', `error: failed to get domain '${uuid}'\n`, 'unknown', undefined],
    ['its no', 'error: Timed out during operation\n', 'refused', undefined],
  ])('may give %s', async (_what, stderr, trouble, problem) => {
    fake.play({ answers: { [statsOf]: { stderr } } });
    await expect(asker.domainStats(uuid)).rejects.toMatchObject({ trouble });
    if (problem) expect(asker.problem).toMatch(problem);
    else expect(asker.problem).toBeUndefined();
  });

  it('may print what is no answer', async () => {
    fake.play({ answers: { [statsOf]: '\u001b[31mwhat?\n', [`domjobinfo --rawstats ${uuid}`]: '' } });
    await expect(asker.domainStats(uuid)).rejects.toMatchObject({ trouble: 'refused', message: 'it printed no state' });
    await expect(asker.jobStats(uuid)).rejects.toMatchObject({ trouble: 'refused' });
  });

  it('needs virsh', async () => {
    fake.uninstall();
    await expect(asker.domainStats(uuid)).rejects.toMatchObject({ trouble: 'missing' });
    expect(asker.problem).toMatch(/apt install libvirt-clients/);
  });

  it('costs no virsh that outlives kvmtop', async () => {
    fake.play({ answers: { [statsOf]: { hang: true } } });
    const answer = asker.domainStats(uuid).catch((error: unknown) => error);
    await until('it runs', 20_000, () => fake.runs().length === 1);
    await asker.close();
    expect(await answer).toMatchObject({ trouble: 'closed' });
    await until('it is gone', 20_000, () => fake.alive().length === 0);
    await expect(asker.domainXml(uuid)).rejects.toMatchObject({ trouble: 'closed' });
  });
});
