import { format, sizesShownIn, type Unit } from '../../units.ts';
import type { Glyphs } from '../glyphs.ts';
import { type Line, span, type Tone } from '../line.ts';
import { graph, valuesPerColumn } from './graph.ts';
import { type Scale, scaleOf } from './scale.ts';

type Values = readonly (number | undefined)[];

interface Look {
  readonly width: number;
  readonly height: number;
  readonly unit: Unit;
  readonly tone: Tone;
  readonly glyphs: Glyphs;
}

/** Columns beside a graph of several rows for what its foot and its top stand for. */
export const axisWidth = 7;
/** And beside one of a single row: `2.30G … 2.50G`. */
export const rangeWidth = 15;

const isBytes = (unit: Unit): boolean => unit === 'bytes' || unit === 'bytes_per_second';

/** Nothing is 0 in any unit. */
const label = (value: number, unit: Unit): string => (value === 0 ? '0' : format(value, unit));

/** The scale that shows the shape of these values, in round steps of their unit. What is no amount is read from 0. */
const scaleFor = (values: Values, unit: Unit): Scale | undefined =>
  scaleOf(values, isBytes(unit) && sizesShownIn() === 'binary' ? 1024 : 1000, unit !== 'bytes');

/** Values that fit a graph of this place, with its scale beside it. */
export const valuesIn = (width: number, height: number, glyphs: Glyphs): number =>
  Math.max(0, width - (height === 1 ? rangeWidth : axisWidth)) * valuesPerColumn(glyphs, height);

/**
 * A graph of the newest values with its scale to the right of it: on one row its range, else the top and the foot. Nothing where
 * all is 0 or unknown.
 */
export const chart = (values: Values, { width, height, unit, tone, glyphs }: Look): readonly Line[] => {
  const shown = height < 1 ? [] : values.slice(Math.max(0, values.length - valuesIn(width, height, glyphs)));
  const scale = scaleFor(shown, unit);
  if (!scale) return [];
  const [foot, top] = [label(scale.from, unit), label(scale.to, unit)];
  if (height === 1) {
    const [text = ''] = graph(shown, Math.max(0, width - rangeWidth), 1, scale, glyphs);
    return [[span(text, tone), span(` ${foot} … ${top}`.padEnd(rangeWidth), 'dim')]];
  }
  const rows = graph(shown, Math.max(0, width - axisWidth), height, scale, glyphs);
  return rows.map((text, row): Line => {
    const told = row === 0 ? top : row === height - 1 ? foot : '';
    const tick = told === '' ? glyphs.box.vertical : glyphs.box.teeLeft;
    return [span(text, tone), span(tick + told.padEnd(axisWidth - 1), 'dim')];
  });
};
