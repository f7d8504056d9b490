import type uPlot from 'uplot';
import type { Mark } from '../page-data.ts';
import { colour } from './colours.ts';

const looks: Readonly<Record<Mark['kind'], { readonly colour: string; readonly dash: readonly number[] }>> = {
  change: { colour: 'ink', dash: [] },
  finding: { colour: 'purple', dash: [2, 3] },
  worst: { colour: 'vermillion', dash: [6, 3] },
};

/** Draws vertical lines at the moments of `marks`; those of changes end in a small head. */
export const drawMarks =
  (marks: readonly Mark[]) =>
  (plot: uPlot): void => {
    const { ctx, bbox, scales } = plot;
    const { min, max } = scales['x'] ?? {};
    if (min === undefined || min === null || max === undefined || max === null) return;
    const pixel = devicePixelRatio;
    ctx.save();
    ctx.lineWidth = pixel;
    for (const { time, kind } of marks) {
      if (time < min || time > max) continue;
      const look = looks[kind];
      const x = Math.round(plot.valToPos(time, 'x', true)) + 0.5;
      ctx.strokeStyle = colour(look.colour);
      ctx.fillStyle = ctx.strokeStyle;
      ctx.globalAlpha = 0.7;
      ctx.setLineDash(look.dash.map(length => length * pixel));
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (kind !== 'change') continue;
      ctx.beginPath();
      ctx.moveTo(x - 4 * pixel, bbox.top);
      ctx.lineTo(x + 4 * pixel, bbox.top);
      ctx.lineTo(x, bbox.top + 6 * pixel);
      ctx.fill();
    }
    ctx.restore();
  };
