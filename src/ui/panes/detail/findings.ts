import { asTyped, describeRequest } from '../../../actions/describe.ts';
import type { Finding } from '../../../policy/finding.ts';
import { safe } from '../../../text.ts';
import { formatDuration } from '../../../units.ts';
import { type Line, span, type Tone } from '../../line.ts';
import { type Canvas, heading, wrap } from '../pane.ts';
import { markOf, severityTones } from '../trouble.ts';

/** Columns of what stands before a finding's text. */
const markWidth = 3;
const labelWidth = 8;

const marked = (finding: Finding, rows: readonly string[], { glyphs }: Canvas): Line[] =>
  rows.map((row, index) => [
    span((index === 0 ? markOf(finding, glyphs) : '').padEnd(markWidth), severityTones[finding.severity]),
    span(row, severityTones[finding.severity]),
  ]);

/** In full, with what helps. `fixed`: the one that the key is for. */
const whole = (finding: Finding, fixed: Finding | undefined, canvas: Canvas): readonly Line[] => {
  const { model, width } = canvas;
  const room = width - markWidth - labelWidth;
  const rest = (label: string, text: string, tone: Tone, key = ''): Line[] =>
    wrap(text, room - key.length).map((row, index) => [
      span(' '.repeat(markWidth)),
      span((index === 0 ? label : '').padEnd(labelWidth), 'dim'),
      span(row, tone),
      ...(index === 0 ? [span(key, 'key')] : []),
    ]);
  const age = formatDuration(Math.max(0, Math.round(model.time - finding.since)));
  return [
    ...marked(finding, wrap(safe(finding.text), width - markWidth), canvas),
    ...rest('since', `${age}, ${finding.severity}`, 'dim'),
    ...(finding.advice === undefined ? [] : rest('advice', safe(finding.advice), 'text')),
    ...(finding.fix === undefined
      ? []
      : rest('fix', describeRequest(asTyped(finding.fix, model.guests)), 'accent', finding === fixed ? '  Enter' : '')),
  ];
};

/** From this height on the most urgent finding is told whole before all else. */
const roomy = 30;

/** The most urgent one: what is wrong comes first, on a low screen two rows of it. */
export const worstLines = (
  findings: readonly Finding[],
  fixed: Finding | undefined,
  canvas: Canvas,
): readonly Line[] => {
  const [worst] = findings;
  if (!worst) return [];
  if (canvas.height >= roomy) return whole(worst, fixed, canvas);
  const rows = wrap(safe(worst.text), canvas.width - markWidth);
  return marked(worst, rows.length > 2 ? [rows[0] ?? '', `${rows[1]} ${canvas.glyphs.ellipsis}`] : rows, canvas);
};

/** The others, and on a low screen the most urgent one again: each in full, with what helps. */
export const findingLines = (findings: readonly Finding[], fixed: Finding | undefined, canvas: Canvas) => {
  const others = canvas.height >= roomy ? findings.slice(1) : findings;
  if (others.length === 0) return [];
  const title = others.length < findings.length ? 'Other findings' : 'Findings';
  return [heading(title, canvas), ...others.flatMap(finding => whole(finding, fixed, canvas))];
};
