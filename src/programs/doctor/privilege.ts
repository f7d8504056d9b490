import type { Facts, Finding } from './facts.ts';

const asRoot = 'run it as root: sudo kvmtop';

/** Who looks matters on the host itself only. */
const privilege = ({ isRoot, shown }: Facts): readonly Finding[] => {
  const id = 'privilege';
  if (shown !== 'host') return [];
  if (isRoot) return [{ id, ok: true, text: 'runs as root: all guests can be seen and changed' }];
  return [
    {
      id,
      ok: false,
      text: 'not root: guests of other users, their monitors, their KSM and PSS can’t be seen, and nothing of the host changed',
      fix: asRoot,
    },
  ];
};

const changes = ({ shown, readOnly, kernelFiles }: Facts): Finding => {
  const no = (text: string, fix: string): Finding => ({ id: 'changes', ok: false, text, fix });
  if (shown === 'captured') return no('a captured host: nothing of it can be changed', 'run kvmtop on that host');
  if (shown === 'demo') return no('a simulated host: nothing of it can be changed', 'start kvmtop without --demo');
  if (readOnly)
    return no(
      'started read-only: nothing is changed',
      'start it without --read-only, and read_only = false in the settings: kvmtop config tells where it is set',
    );
  switch (kernelFiles) {
    case 'read-only':
      return no(
        '/proc/sys is mounted read-only, as in a container: the kernel’s settings can’t be changed',
        'run kvmtop on the host itself',
      );
    case 'denied':
      return no('/proc/sys may not be written: the kernel’s settings can’t be changed', asRoot);
    default:
      return { id: 'changes', ok: true, text: 'the kernel’s settings can be changed' };
  }
};

const journal = ({ journal: file }: Facts): readonly Finding[] => {
  if (!file) return [];
  if (file.access === 'writable')
    return [{ id: 'journal', ok: true, text: `what is changed is journalled in ${file.path}` }];
  return [
    {
      id: 'journal',
      ok: false,
      text: `the journal ${file.path} can’t be written, so nothing is changed at all`,
      fix: 'export XDG_STATE_HOME=/a/folder/of/yours',
    },
  ];
};

/** What may be seen and changed at all. */
export const privilegeFindings = (facts: Facts): readonly Finding[] => [
  ...privilege(facts),
  changes(facts),
  ...journal(facts),
];
