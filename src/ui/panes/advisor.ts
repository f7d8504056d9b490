import { asTyped, describeRequest } from '../../actions/describe.ts';
import { allGuests } from '../../guests.ts';
import type { Finding } from '../../policy/finding.ts';
import type { PolicyEvent } from '../../policy/pilot.ts';
import { stress, stressSentence } from '../../policy/stress.ts';
import { describeTried, isSameFinding } from '../../store/advice.ts';
import type { State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { formatClock, formatDuration } from '../../units.ts';
import { aim, type Line, type Span, span, type Tone } from '../line.ts';
import { type Canvas, type Draw, fill, heading, wrap } from './pane.ts';
import { severityTones } from './trouble.ts';

/** Columns of the screen for whom it is about. */
const subjectWidth = 14;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const findingRow = (finding: Finding, selected: boolean, { model, width, glyphs }: Canvas): Line => {
  const age = formatDuration(Math.max(0, Math.round(model.time - finding.since)));
  const parts: readonly (readonly [string, number, Tone])[] = [
    [finding.severity, 8, severityTones[finding.severity]],
    [finding.strategy, 7, 'dim'],
    [age, 6, 'dim'],
    [finding.subject, subjectWidth, 'strong'],
  ];
  const used = parts.reduce((sum, [, wide]) => sum + wide + 2, 0);
  const row: Span[] = [
    ...parts.map(([text, wide, tone]) => span(`${fill(safe(text), wide, glyphs)}  `, tone)),
    span(fill(finding.text, Math.max(0, width - used), glyphs)),
  ];
  return selected ? row.map(piece => ({ ...piece, tone: 'selected' })) : row;
};

const details = (finding: Finding, { state, model, width }: Canvas): readonly Line[] => {
  const rows = (label: string, text: string, tone: Tone = 'text'): Line[] =>
    wrap(text, Math.max(20, width - 8)).map((row, index) => [
      span((index === 0 ? label : '').padEnd(8), 'dim'),
      span(row, tone),
    ]);
  const tried = state.tried.findLast(one => isSameFinding(one.finding, finding));
  return [
    ...rows('what', `${finding.subject}: ${finding.text}`, severityTones[finding.severity]),
    ...(finding.advice === undefined ? [] : rows('advice', finding.advice)),
    ...(finding.fix === undefined
      ? []
      : rows('fix', describeRequest(asTyped(finding.fix, allGuests(model))), 'accent')),
    ...(tried === undefined
      ? []
      : rows(
          'tried',
          tried.outcome === 'waiting'
            ? `${formatDuration(Math.round((state.model?.time ?? tried.time) - tried.time))} ago: waiting for its effect`
            : describeTried(tried, state.model?.time ?? tried.time),
          tried.outcome === 'not' ? 'warn' : 'good',
        )),
  ];
};

const outcomeTones: Readonly<Record<PolicyEvent['outcome'], Tone>> = {
  would: 'accent',
  asked: 'good',
  refused: 'warn',
  failed: 'bad',
  skipped: 'dim',
  arrived: 'good',
  stalled: 'bad',
  started: 'text',
  ended: 'text',
};

/** The last things that the policy did, or would have done, newest first. */
const policyRows = (canvas: Canvas, height: number): readonly Line[] => {
  const { state, width, glyphs } = canvas;
  const { pilot } = state;
  const off = state.setting.source === 'recording' ? 'as it was recorded' : 'off: press A to run one';
  const mode = pilot.mode === 'off' ? off : `${pilot.policy}, ${pilot.mode}`;
  const pinned = pilot.pinned.size > 0 ? `, ${pilot.pinned.size} pinned` : '';
  const head = heading('Policy', canvas, [span(mode + pinned, pilot.mode === 'act' ? 'warn' : 'dim')]);
  const rows = pilot.events
    .toReversed()
    .slice(0, Math.max(0, height - 1))
    .map((event): Line => {
      const start = `${formatClock(event.time)}  ${fill(event.outcome, 7, glyphs)}  ${fill(safe(event.subject), subjectWidth, glyphs)}  `;
      return [
        span(start, outcomeTones[event.outcome]),
        span(fill(event.text, Math.max(0, width - start.length), glyphs)),
      ];
    });
  return [head, ...rows];
};

const nothing = (state: State): Line[] =>
  state.advice.window.length === 0 ? [[span('looking …', 'dim')]] : [[span('No problems found.', 'good')]];

/**
 * What should be done, most urgent first, in the operators' order: repair, share pages, balloon, migrate, swap last. Below
 * it what the selected one is about, how the host would stand if all came at once, and what the policy does.
 */
export const advisorPane: Draw = canvas => {
  const { state, model, width, height } = canvas;
  const { findings } = state.advice;
  const at = Math.min(state.adviceCursor, Math.max(0, findings.length - 1));
  const selected = findings[at];
  const below = selected ? details(selected, canvas) : [];
  const worst = stressSentence(model, stress(model, state.setting.limits));
  const atWorst = wrap(capital(worst) + '.', width).map((row): Line => [span(row, 'dim')]);
  const policy = Math.max(2, Math.min(2 + state.pilot.events.length, Math.floor(height / 3)));
  const room = Math.max(1, height - 1 - below.length - 1 - atWorst.length - policy);
  const first = Math.max(0, Math.min(at - room + 1, findings.length - room));
  const head: Line = [
    span(`URGENCY   ORDER    SINCE   ${'SUBJECT'.padEnd(subjectWidth)}  FINDING`.padEnd(width), 'head'),
  ];
  const rows =
    findings.length === 0
      ? nothing(state)
      : findings
          .slice(first, first + room)
          .map((one, index) =>
            aim(findingRow(one, first + index === at, canvas), { kind: 'finding', at: first + index }),
          );
  const lines = [head, ...rows, ...(below.length > 0 ? [[] as Line] : []), ...below];
  const gap = Math.max(0, height - lines.length - atWorst.length - policy);
  return [...lines, ...Array.from({ length: gap }, (): Line => []), ...atWorst, ...policyRows(canvas, policy)];
};
