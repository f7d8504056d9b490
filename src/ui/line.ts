import type { GuestId } from '../sample.ts';
import type { ProcessColumn } from '../store/processes.ts';
import type { Tab } from '../store/tabs.ts';
import type { ColumnId } from '../store/view.ts';
import { safe } from '../text.ts';

/** What a piece of text means; the theme says how that looks. */
export type Tone =
  | 'text'
  | 'dim'
  | 'strong'
  | 'title'
  | 'key'
  | 'accent'
  | 'good'
  | 'warn'
  | 'bad'
  | 'selected'
  | 'head'
  | 'headSorted'
  | 'bar'
  | 'badge'
  | 'alarm'
  /** Parts of the ledger, told apart by colour and by fill character. */
  | 'part0'
  | 'part1'
  | 'part2'
  | 'part3'
  | 'part4'
  | 'part5'
  | 'part6'
  | 'part7';

/** What a click means. Those of a row count up to its end. */
export type Target =
  | { readonly kind: 'guest'; readonly id: GuestId }
  /** By their place in the whole list. */
  | { readonly kind: 'finding' | 'entry'; readonly at: number }
  | { readonly kind: 'tab'; readonly tab: Tab }
  | { readonly kind: 'column'; readonly column: ColumnId }
  | { readonly kind: 'processColumn'; readonly column: ProcessColumn }
  /** Wall clock, seconds. */
  | { readonly kind: 'moment'; readonly time: number }
  | { readonly kind: 'key'; readonly name: string };

export interface Span {
  readonly text: string;
  readonly tone: Tone;
  readonly target?: Target;
}

/** One row of the screen, left to right. Its width is that of its text; whoever shows it cuts or pads. */
export type Line = readonly Span[];

/** The one way to make a span: untrusted text becomes harmless here. */
export const span = (text: string, tone: Tone = 'text'): Span => ({ text: safe(text), tone });

/** The same text, to be clicked. */
export const aim = (row: Line, target: Target): Line => row.map(piece => ({ ...piece, target }));

export const line = (...spans: Span[]): Line => spans;

export const plain = (row: Line): string => row.map(piece => piece.text).join('');
