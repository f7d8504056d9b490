import { patienceOf } from '../../config/settings.ts';
import type { Need } from '../../fields/field.ts';
import { guestFields } from '../../fields/guest.ts';
import { neededBy } from '../../fields/needs.ts';
import { derive } from '../../model.ts';
import { Root } from '../../root.ts';
import type { Source } from '../../source/source.ts';
import { escapeJson, safe } from '../../text.ts';
import stringWidth from '../../ui/width.ts';
import { Failure, type Options } from '../options.ts';
import { openOutput } from '../output.ts';
import { settledModel } from '../settle.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Facts, type Finding, gatherFacts } from './facts.ts';
import { guestFindings } from './guests.ts';
import { kernelFindings } from './kernel.ts';
import { privilegeFindings } from './privilege.ts';
import { terminalFindings } from './terminal.ts';

const wanted: ReadonlySet<Need> = new Set<Need>([...neededBy(guestFields), 'pressure', 'ksm', 'kvm']);

/** What mends a captured host is not to be done to this one. */
const thereIn = (found: readonly Finding[], { shown }: Facts): readonly Finding[] =>
  shown !== 'captured'
    ? found
    : found.map(one => (one.fix === undefined ? one : { ...one, fix: `on that host: ${one.fix}` }));

/** Everything that was looked into, in the order in which an operator would. */
export const findings = (facts: Facts): readonly Finding[] => [
  ...privilegeFindings(facts),
  ...thereIn(kernelFindings(facts), facts),
  ...terminalFindings(facts),
  ...thereIn(guestFindings(facts), facts),
];

/** Aligned rows; a fix stands below what it mends. Guests that are well are counted only: there may be hundreds. */
export const doctorText = (all: readonly Finding[]): string => {
  const found = all.filter(({ ok, subject }) => !ok || subject === undefined);
  const labels = found.map(({ id, subject }) => safe(subject ?? id));
  const width = Math.min(24, Math.max(...labels.map(label => stringWidth(label))));
  const padded = (label = ''): string => label + ' '.repeat(Math.max(0, width - stringWidth(label)));
  const rows = found.flatMap(({ ok, text, fix }, index) => [
    `${ok ? 'ok' : 'NO'}  ${padded(labels[index])}  ${safe(text)}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 6)}fix: ${safe(fix)}`]),
  ]);
  const bad = found.filter(({ ok }) => !ok).length;
  return `${rows.join('\n')}\n\n${bad === 0 ? 'all is well' : `${bad} of ${all.length} could be better`}\n`;
};

/** `{ version, checks: [{ id, ok, subject?, text, fix? }] }` */
export const doctorJson = (found: readonly Finding[]): string =>
  `${escapeJson(JSON.stringify({ version: 1, checks: found }, undefined, 2))}\n`;

/**
 * `kvmtop doctor [--json]`: what can't be seen or done here, why, and the exact fix. It changes nothing. What it finds is
 * no failure of its own.
 * @throws Failure when it can't even look.
 */
export const doctor = async (
  source: Source,
  options: Options,
  around: Pick<Surroundings, 'stdout' | 'env' | 'uid' | 'clock'>,
): Promise<void> => {
  const look = async () => derive(undefined, await source.look(wanted));
  const model = await settledModel(look, around.clock, patienceOf(options.settings));
  if (!model.sample.host.meminfo)
    throw new Failure(`${options.root === '/' ? '' : options.root}/proc/meminfo can't be read: this is no Linux host`);
  const found = findings(gatherFacts(model, new Root(options.root), options, around));
  await openOutput(around.stdout).write(options.json ? doctorJson(found) : doctorText(found));
};
