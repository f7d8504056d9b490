import uPlot from 'uplot';
import { own } from '../../../own.ts';
import { isSameDay } from '../clock.ts';
import type { PageData, PlotData } from '../page-data.ts';
import { binarySteps, tick, timeTicks } from './axes.ts';
import type { Board } from './board.ts';
import { colour } from './colours.ts';
import { createLegend } from './legend.ts';
import { drawMarks } from './marks.ts';
import { fill, stack } from './stack.ts';

const heights: Readonly<Record<string, number>> = { ledger: 320, guest: 170 };
const usualHeight = 210;

const heightOf = (id: string): number => own(heights, id.startsWith('guest-') ? 'guest' : id) ?? usualHeight;

const seriesOf = ({ lines, stacked }: PlotData): uPlot.Series[] => {
  const series = lines.map(({ label, hue, dashed }): uPlot.Series => {
    if (stacked) return { label, width: 0, fill: () => colour(hue), points: { show: false } };
    return {
      label,
      width: 1.75,
      stroke: () => colour(hue),
      ...(dashed ? { dash: [6, 3] } : {}),
      points: { size: 4, fill: () => colour(hue) },
    };
  });
  return stacked ? series.reverse() : series;
};

const yRange =
  ({ unit, top }: PlotData): uPlot.Range.Function =>
  (_plot, min, max) => {
    if (top !== undefined) return [0, top];
    const least = Math.min(0, min ?? 0);
    // Of nothing moved an axis that shows a little more than nothing.
    const most = Math.max(max ?? 0, unit === 'ratio' ? 0.01 : 1024);
    return [least * 1.05, most * 1.05];
  };

const axesOf = (data: PageData, unit: PlotData['unit']): uPlot.Axis[] => {
  const common: uPlot.Axis = {
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('grid'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const { times, offset } = data;
  const isLong = !isSameDay(times[0] ?? 0, times.at(-1) ?? 0, offset);
  return [
    {
      ...common,
      size: isLong ? 42 : 26,
      space: 76,
      values: (_plot, splits, _axis, _space, step) => timeTicks(splits, step, offset, isLong),
    },
    {
      ...common,
      size: 62,
      space: 34,
      values: (_plot, splits) => splits.map(value => tick(value, unit)),
      ...(unit === 'ratio' || data.units === 'decimal' ? {} : { incrs: [...binarySteps] }),
    },
  ];
};

/** Draws one plot into its place, and shares cursor and times with all others of the board. */
export const createPlot = (place: HTMLElement, data: PageData, id: string, board: Board): uPlot | undefined => {
  const plotData = own(data.plots, id);
  if (!plotData) return undefined;
  const { unit, stacked, scale, from, lines } = plotData;
  const times = [...data.times];
  const values = lines.map(line => fill(line.values, from, scale, times.length));
  const shown = lines.map(() => true);
  // The highest sum is drawn first, and the others over it.
  const columns = (): (number | null)[][] => (stacked ? stack(values, shown).reverse() : values);
  const legend = createLegend(plotData, values, (line, isShown) => {
    shown[line] = isShown;
    if (!stacked) plot.setSeries(line + 1, { show: isShown });
    else plot.setData([times, ...columns()], false);
    plot.redraw();
  });
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: heightOf(id),
      series: [{}, ...seriesOf(plotData)],
      scales: { y: { range: yRange(plotData) } },
      axes: axesOf(data, unit),
      // Clocks of the report, whoever reads it where.
      tzDate: time => uPlot.tzDate(new Date((time + data.offset) * 1000), 'Etc/UTC'),
      // Areas would hide the grid.
      drawOrder: (stacked ? ['series', 'axes'] : ['axes', 'series']) as uPlot.DrawOrderKey[],
      padding: [10, 12, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: !stacked, size: 7 },
        drag: { x: true, y: false },
        sync: {
          key: 'report',
          setSeries: false,
          scales: ['x', null],
          filters: { pub: type => type === 'mousemove' || type === 'mouseleave' },
        },
      },
      hooks: {
        draw: [drawMarks(data.marks)],
        setCursor: [own => legend.show(board.cursor(own))],
        setScale: [(own, key) => key === 'x' && board.zoom(own)],
      },
    },
    [times, ...columns()],
    place,
  );
  place.after(legend.element);
  legend.show(times.length - 1);
  return plot;
};
