import { guestFields } from '../../fields/guest.ts';
import { type SizeUnits, sizesShownIn } from '../../units.ts';
import { allColumns, columnHelp, columnTitle } from '../columns.ts';
import { clicks } from '../keys/clicks.ts';
import { modeTitles } from '../keys/key.ts';
import { keyNames } from '../keys/names.ts';
import { keys } from '../keys.ts';
import { type Line, span } from '../line.ts';
import { type Canvas, type Draw, heading, wrap } from './pane.ts';

const entry = (label: string, text: string, width: number, tone: 'key' | 'strong'): Line[] =>
  wrap(text, Math.max(20, width - 17)).map((row, index) => [
    span(index === 0 ? label.padEnd(16) + ' ' : ' '.repeat(17), tone),
    span(row),
  ]);

const sizes: Readonly<Record<SizeUnits, string>> = {
  binary: 'Sizes are binary: K, M, G stand for KiB, MiB, GiB.',
  decimal: 'Sizes are shown in kB, MB, GB of 1000. Those you type are binary: K, M, G stand for KiB, MiB, GiB.',
};

/** All of the help, from the key and field tables. */
const helpLines = (canvas: Canvas): readonly Line[] => {
  const { width } = canvas;
  const modes = Object.entries(modeTitles) as [keyof typeof modeTitles, string][];
  return [
    heading('Units', canvas),
    ...entry('', `${sizes[sizesShownIn()]} – is unknown; the detail view (Enter) says why.`, width, 'key'),
    ...modes.flatMap(([mode, title]) => {
      const here = keys.filter(key => key.modes.includes(mode) && (mode === 'main' || !key.modes.includes('main')));
      return here.length === 0
        ? []
        : [heading(title, canvas), ...here.flatMap(key => entry(keyNames(key), key.help, width, 'key'))];
    }),
    heading('Mouse', canvas),
    ...clicks.flatMap(({ label, help }) => entry(label, help, width, 'key')),
    heading('Columns of the guest table', canvas),
    ...allColumns.flatMap(column => {
      const field = column in guestFields ? guestFields[column as keyof typeof guestFields] : undefined;
      return entry(columnTitle(column), columnHelp(column) + (field ? ` [${field.source}]` : ''), width, 'strong');
    }),
  ];
};

/** How far the help can be scrolled, rows. */
export const lastScroll = (canvas: Canvas): number => Math.max(0, helpLines(canvas).length - canvas.height);

export const helpPane: Draw = canvas => {
  const { dialog } = canvas.state;
  const scroll = dialog?.kind === 'help' ? dialog.scroll : 0;
  const lines = helpLines(canvas);
  const first = Math.max(0, Math.min(scroll, lines.length - canvas.height));
  return lines.slice(first, first + canvas.height);
};
