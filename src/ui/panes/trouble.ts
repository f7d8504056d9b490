import { type Gives, givesNow } from '../../actions/balloon/gives.ts';
import type { GuestModel } from '../../model.ts';
import type { Finding, Severity } from '../../policy/finding.ts';
import type { State } from '../../store/store.ts';
import { troublesOf, troubleWord } from '../../store/trouble.ts';
import { safe } from '../../text.ts';
import { formatBytes, unknown } from '../../units.ts';
import { allHugepages } from '../../vmm/memory.ts';
import type { Glyphs } from '../glyphs.ts';
import { aim, type Span, span, type Tone } from '../line.ts';
import { type Canvas, type Draw, fill, spread, wrap } from './pane.ts';

/** What is wrong, and what could be done about it, where guests are listed. */

export const severityTones: Readonly<Record<Severity, Tone>> = { critical: 'bad', warning: 'warn', notice: 'text' };

/** Columns of `markOf`. */
export const markWidth = 2;

/** Told by sign as well as by colour. */
export const markOf = (finding: Finding | undefined, { bullet }: Pick<Glyphs, 'bullet'>): string =>
  finding === undefined ? '  ' : { critical: '!!', warning: '! ', notice: `${bullet} ` }[finding.severity];

const troubleOf = ({ id }: Pick<GuestModel, 'id'>, { advice }: Pick<State, 'advice'>): Finding | undefined =>
  troublesOf(advice.findings).get(id);

/** The cell of a guest's name, in `width` columns: its mark before it. */
export const nameCell = (guest: GuestModel, width: number, { state, glyphs }: Canvas): Span => {
  const finding = troubleOf(guest, state);
  const tone = finding && finding.severity !== 'notice' ? severityTones[finding.severity] : 'strong';
  return span(markOf(finding, glyphs) + fill(safe(guest.name), width - markWidth, glyphs), tone);
};

/** In a word or two; what troubles a guest most. */
export const troubleCell = (guest: GuestModel, { advice }: Pick<State, 'advice'>): Span => {
  const finding = troubleOf(guest, { advice });
  return finding ? span(troubleWord(finding), severityTones[finding.severity]) : span('');
};

const noGift = (gives: Exclude<Gives, number>, guest: GuestModel): string =>
  gives === 'kept' ? (allHugepages(guest.sample) ? 'huge' : 'pinned') : gives === 'unknown' ? '?' : unknown;

/** What its balloon could give now. */
export const givesCell = (guest: GuestModel, { limits }: Pick<State['setting'], 'limits'>): Span => {
  const gives = givesNow(guest, limits);
  if (typeof gives !== 'number') return span(noGift(gives, guest), 'dim');
  return span(formatBytes(gives), gives === 0 ? 'dim' : 'text');
};

/** As many whole words as fit. */
const cutAtWord = (text: string, width: number, { ellipsis }: Pick<Glyphs, 'ellipsis'>): string => {
  const [all = ''] = wrap(text, width);
  return all === text ? text : `${(wrap(text, width - 2)[0] ?? '').replace(/[:,;]$/, '')} ${ellipsis}`;
};

/** The most urgent finding in one row: what is wrong, with whom, and the key that leads to what would help. */
export const worstPane: Draw = ({ state: { advice }, width, glyphs }) => {
  const [worst] = advice.findings;
  if (!worst)
    return [[advice.window.length === 0 ? span('Looking for problems …', 'dim') : span('No problems found.', 'good')]];
  const tone = severityTones[worst.severity];
  const more = advice.findings.length - 1;
  const right = [span(more > 0 ? `+${more} ` : '', 'dim'), span('V', 'key'), span(worst.fix ? ' Fix' : ' Advice')];
  const used = right.reduce((sum, { text }) => sum + text.length, 0);
  const left = cutAtWord(safe(`${worst.subject}: ${worst.text}`), Math.max(1, width - used - markWidth - 2), glyphs);
  const row = spread([span(`${markOf(worst, glyphs)} `, tone), span(left, tone)], right, width);
  return [aim(row, { kind: 'tab', tab: 'advisor' })];
};
