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

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One row of the screen, left to right. Its width is that of its text; whoever shows it cuts or pads. */
export type Line = readonly Span[];

/** The one way to make a span: untrusted text becomes harmless here. */
export const span = (text: string, tone: Tone = 'text'): Span => ({ text: safe(text), tone });

export const line = (...spans: Span[]): Line => spans;

export const plain = (row: Line): string => row.map(piece => piece.text).join('');
