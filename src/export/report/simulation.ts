import { figureRows, nobody, titlesOf } from '../../simulator/report.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import type { Run, TracePoint } from '../../simulator/simulate.ts';
import { begin } from '../../simulator/world.ts';
import { formatDuration, longBytes, MiB, sizesShownIn } from '../../units.ts';
import { documentPage, factList, type PageAssets, type PageOptions } from './document.ts';
import { escapeHtml } from './html.ts';
import type { PageData, PlotData } from './page-data.ts';
import type { Hue, Plot } from './plots.ts';
import { figure, noScript, plotHint, readout } from './sections.ts';
import { table, text } from './tables.ts';

type SimulationPlot = Omit<Plot<TracePoint>, 'lines'> & {
  readonly read: (point: TracePoint, scenario: Scenario) => number;
};

const plots: readonly SimulationPlot[] = [
  {
    id: 'available',
    title: 'Available on the host',
    note: 'MemAvailable: what could be had without swapping.',
    unit: 'bytes',
    read: ({ available }) => available,
  },
  {
    id: 'balloons',
    title: 'Balloons together',
    note: 'What the balloons leave all guests.',
    unit: 'bytes',
    read: ({ actual }) => actual,
  },
  {
    id: 'swap',
    title: 'Used swap of the host',
    note: 'Guest memory that the host has swapped out.',
    unit: 'bytes',
    read: ({ swapped }) => swapped,
  },
  {
    id: 'stalled',
    title: 'Guests that stood still',
    note: 'Part of the time in which guests waited for swap, their own or the host’s; mean over all guests.',
    unit: 'ratio',
    read: ({ stalled }, { guests }) => stalled / Math.max(1, guests.length),
  },
];

/** In the order of the runs; after the last they begin anew, dashed the other way round. */
const hues: readonly Hue[] = ['grey', 'blue', 'orange', 'green', 'vermillion', 'purple', 'sky', 'yellow'];

/** As many digits as can be told apart in a plot. */
const digits = 5;

const plotData = ({ unit, read }: SimulationPlot, scenario: Scenario, runs: readonly Run[]): PlotData => {
  const scale = unit === 'ratio' ? 1 : MiB;
  return {
    unit,
    stacked: false,
    scale,
    from: 0,
    lines: runs.map(({ policy = nobody, trace }, index) => ({
      label: policy,
      hue: hues[index % hues.length] ?? 'grey',
      dashed: index % 2 === 0,
      values: trace.map(point => Number((read(point, scenario) / scale).toPrecision(digits))),
    })),
  };
};

const dataOf = (scenario: Scenario, runs: readonly Run[]): PageData => ({
  offset: 0,
  units: sizesShownIn(),
  times: runs[0]?.trace.map(({ time }) => begin + time) ?? [],
  plots: Object.fromEntries(plots.map(plot => [plot.id, plotData(plot, scenario, runs)])),
  marks: [],
});

const figures = ({ main }: Scenario, runs: readonly Run[]): string => {
  const rows = figureRows(runs)
    .map(({ id, title, texts }) => ({ title, texts, place: main.includes(id) ? main.indexOf(id) : main.length }))
    .sort((a, b) => a.place - b.place);
  const heads = ['Figure', ...runs.map(({ policy = nobody }) => escapeHtml(policy))];
  return `<section aria-labelledby="figures"><h2 id="figures">The figures</h2>
<p>What the scenario is about comes first: ${escapeHtml(titlesOf(main).join(', '))}.</p>
${table(
  'The figures',
  heads,
  rows.map(({ title, texts }) => [text(title), ...texts.map(one => text(one, 'number'))]),
)}</section>`;
};

/** What policies made of a scenario, beside each other, as one page that needs nothing else. Every text stays text. */
export const simulationPage = (
  scenario: Scenario,
  runs: readonly Run[],
  options: Omit<PageOptions, 'offset'>,
  assets: PageAssets,
): string => {
  const { title, help, host, guests, seconds } = scenario;
  const facts: readonly (readonly [string, string])[] = [
    ['Length', formatDuration(seconds)],
    ['RAM', longBytes(host.memory)],
    ['Swap', longBytes(host.swap)],
    ['Guests', String(guests.length)],
    ['Policies', runs.map(({ policy = nobody }) => policy).join(', ')],
  ];
  return documentPage(
    {
      title: `Simulation: ${title}`,
      eyebrow: 'Simulation of policies',
      heading: title,
      span: escapeHtml(help),
      facts: factList(facts, { offset: 0, ...options }),
      body: `<div>
<section aria-labelledby="host"><h2 id="host">Beside each other</h2>
<p class="hint">${plotHint} Times are those of the simulated host, whose clock begins at 08:00.</p>
${noScript}
${plots.map(({ id, title: name, note }) => figure(id, name, note, 'host')).join('\n')}</section>
${readout}
</div>
${figures(scenario, runs)}
<p class="note">It is a model: believe the order in which policies come, and where they differ by much. docs/simulator.md tells
what it leaves out.</p>`,
      data: dataOf(scenario, runs),
    },
    assets,
  );
};
