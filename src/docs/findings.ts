import { rules } from '../policy/rules.ts';
import { code, escaped, madeFrom, table } from './markdown.ts';

/** docs/findings.md. */
export const findingsPage = (): string => `${madeFrom('the rules in src/policy/findings')}

# Findings

What kvmtop finds wrong, or worth knowing, by itself, most urgent first. Each says
what, with the numbers that made it, and what would help: a \`fix\` in the words of \`kvmtop do\`, planned on the numbers of
that moment by the same guard rails, or an advice where no action helps. Nothing is done by itself.

*critical*: something is lost or stands still now. *warning*: it will be, or memory is wasted. *notice*: worth knowing.

The strategies are in the operators' order: *repair* what is broken, *share* pages, *balloon*, *migrate* in the long run,
*swap* last.

A finding is told once it has held for its time, and ends once it has not held for as long. While it stands, its number
must come back a fifth further than its limit, so that one that lies at the limit does not come and go. It becomes
worse at once, and milder after 10 s. What is unknown makes no finding. The limits are the
[settings](config.md) under \`[thresholds]\`.

${table(
  ['Finding', 'What it is', 'Severity', 'Strategy', 'Holds for', 'When, and why it matters'],
  rules.map(({ id, title, help, severities, strategy, sustain }) => [
    code(id),
    escaped(title),
    severities.join(', '),
    strategy,
    sustain === undefined ? 'at once' : `${sustain} s`,
    escaped(help),
  ]),
)}
`;
