import type uPlot from 'uplot';
import { own } from '../../../own.ts';
import { showSizesIn } from '../../../units.ts';
import { clock, day } from '../clock.ts';
import type { Mark, PageData } from '../page-data.ts';
import { createBoard } from './board.ts';
import { forgetColours } from './colours.ts';
import { createPlot } from './plot.ts';

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
};

const data: PageData = JSON.parse(element('data').textContent ?? '');
const { times, marks, offset } = data;
showSizesIn(data.units);

const readout = element('readout');
const moment = element('moment');
const eventText = element('event');
const resetButton = element('reset');

/** The mark that is told beside the cursor's time: one as near as a few points. */
const markNear = (point: number): Mark | undefined => {
  const time = times[point] ?? 0;
  const reach =
    Math.abs((times[Math.min(times.length - 1, point + 2)] ?? time) - (times[Math.max(0, point - 2)] ?? time)) / 2;
  const distance = (mark: Mark): number => Math.abs(mark.time - time);
  return marks.filter(mark => distance(mark) <= reach).sort((a, b) => distance(a) - distance(b))[0];
};

const board = createBoard(data, {
  point(point, isUnderCursor) {
    const time = times[point] ?? 0;
    moment.textContent = `${isUnderCursor ? '' : 'At the end, '}${day(time, offset)}, ${clock(time, offset)}`;
    eventText.textContent = isUnderCursor ? (markNear(point)?.text ?? '') : '';
  },
  zoomed(isZoomed) {
    resetButton.hidden = !isZoomed;
  },
});
resetButton.addEventListener('click', board.reset);
readout.hidden = false;

const plots = new Map<Element, uPlot>();

const fitPlot = (place: HTMLElement): void => {
  const width = place.clientWidth;
  const plot = plots.get(place);
  // Folded places have no width; their plots are made when they are unfolded.
  if (width === 0) return;
  if (plot) {
    if (plot.width !== width) plot.setSize({ width, height: plot.height });
    return;
  }
  const made = createPlot(place, data, place.dataset['plot'] ?? '', board);
  if (!made) return;
  plots.set(place, made);
  board.add(made);
};

const keys: Readonly<Record<string, (plot: uPlot, far: number) => void>> = {
  ArrowLeft: (plot, far) => board.step(plot, -far),
  ArrowRight: (plot, far) => board.step(plot, far),
  Home: plot => board.step(plot, -times.length),
  End: plot => board.step(plot, times.length),
  '+': plot => board.scale(plot, 0.5),
  '=': plot => board.scale(plot, 0.5),
  '-': plot => board.scale(plot, 2),
  '0': () => board.reset(),
  Escape: () => board.reset(),
};

const resized = new ResizeObserver(entries => {
  for (const { target } of entries) if (target instanceof HTMLElement) fitPlot(target);
});
const places = [...document.querySelectorAll<HTMLElement>('[data-plot]')];
for (const place of places) {
  const title = place.closest('figure')?.querySelector('h3')?.textContent ?? '';
  place.tabIndex = 0;
  place.role = 'img';
  place.ariaLabel = `Plot: ${title}`;
  place.addEventListener('keydown', event => {
    const plot = plots.get(place);
    const act = own(keys, event.key);
    if (!plot || !act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(plot, event.shiftKey ? 20 : 1);
  });
  resized.observe(place);
}

/** Part of the whole that is shown around a moment that was pressed. */
const around = 1 / 20;
for (const button of document.querySelectorAll<HTMLElement>('[data-time]'))
  button.addEventListener('click', () => {
    const time = Number(button.dataset['time']);
    const reach = (((times.at(-1) ?? 0) - (times[0] ?? 0)) * around) / 2;
    board.show({ min: time - reach, max: time + reach });
    element('host').scrollIntoView({ behavior: 'smooth' });
  });

const root = document.documentElement;
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const themeButton = element('theme');
const isDark = (): boolean => (root.dataset['theme'] ?? (prefersDark.matches ? 'dark' : 'light')) === 'dark';

const recolour = (): void => {
  themeButton.textContent = isDark() ? 'Light' : 'Dark';
  forgetColours();
  for (const plot of board.plots) plot.redraw();
};
themeButton.addEventListener('click', () => {
  root.dataset['theme'] = isDark() ? 'light' : 'dark';
  recolour();
});
themeButton.hidden = false;
prefersDark.addEventListener('change', recolour);

/** Paper is white and narrow; what is drawn for the screen is neither. */
let before: string | undefined;
let isPrinting = false;
const print = (begins: boolean): void => {
  if (begins === isPrinting) return;
  isPrinting = begins;
  if (begins) {
    before = root.dataset['theme'];
    root.dataset['theme'] = 'light';
  } else if (before === undefined) delete root.dataset['theme'];
  else root.dataset['theme'] = before;
  root.classList.toggle('paper', begins);
  for (const place of places) fitPlot(place);
  recolour();
};
addEventListener('beforeprint', () => print(true));
addEventListener('afterprint', () => print(false));
matchMedia('print').addEventListener('change', ({ matches }) => print(matches));
recolour();
