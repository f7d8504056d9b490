import { formatMost, valueOrMost } from '../../fields/most.ts';
import { type ProcessFieldId, processFields } from '../../fields/process.ts';
import type { ProcessModel } from '../../model.ts';
import type { Thresholds } from '../../policy/thresholds.ts';
import { type ProcessColumn, processColumns, processName, userName, visibleProcesses } from '../../store/processes.ts';
import { safe } from '../../text.ts';
import { formatBytes, unknown } from '../../units.ts';
import { span } from '../line.ts';
import { fitting, type ListColumn, listHead, listRow } from './list.ts';
import { type Canvas, type Draw, heading } from './pane.ts';

const titles = { name: 'NAME', pid: 'PID', user: 'USER' } as const;

export const processTitle = (column: ProcessColumn): string =>
  column in titles ? titles[column as keyof typeof titles] : processFields[column as ProcessFieldId].title;

const cell = (
  one: ProcessModel,
  id: ProcessFieldId,
  { hostMajorFaults }: Thresholds,
): ReturnType<ListColumn<ProcessModel>['cell']> => {
  const value = one.values[id];
  const text = formatMost(processFields, id, one.values);
  if (!value) return { text, tone: valueOrMost(processFields, id, one.values) ? 'text' : 'dim' };
  const worrying = id === 'swap' || (id === 'major_faults' && value >= hostMajorFaults);
  return { text, tone: worrying ? 'warn' : 'text' };
};

const columnOf = (column: ProcessColumn, { state, glyphs, width }: Canvas): ListColumn<ProcessModel> => {
  const title = processTitle(column);
  switch (column) {
    case 'name':
      // A guest is told from the rest by its mark, with or without colours.
      return {
        title,
        width: width < 100 ? 18 : 30,
        left: true,
        cell: one =>
          one.guest === undefined
            ? { text: `  ${processName(one)}` }
            : { text: `${glyphs.fills[0]} ${processName(one)}`, tone: 'accent' },
      };
    case 'pid':
      return { title, width: 7, cell: one => ({ text: String(one.sample.pid), tone: 'dim' }) };
    case 'user':
      return {
        title,
        width: width < 100 ? 8 : 12,
        left: true,
        cell: one => ({ text: safe(userName(one) ?? unknown), tone: 'dim' }),
      };
    default:
      return { title, width: Math.max(6, title.length), cell: one => cell(one, column, state.setting.thresholds) };
  }
};

/** The sum over processes; half a sum would look like good news. */
const heldBy = (processes: readonly ProcessModel[]): string => {
  const parts = processes.map(({ values }) => valueOrMost(processFields, 'held', values));
  if (parts.includes(undefined)) return unknown;
  const most = processes.some(({ values }) => values.held === undefined) ? '≤' : '';
  return most + formatBytes(parts.reduce<number>((sum, part) => sum + (part ?? 0), 0));
};

/** Every process's memory, the guests' beside the rest. */
export const processesPane: Draw = canvas => {
  const { state, model, glyphs, width, height } = canvas;
  if (!model.processes) return [heading('Processes', canvas), [span('reading …', 'dim')]];
  if (model.processes.length === 0) return [heading('Processes', canvas), [span('no process can be read here', 'dim')]];
  const { column, reverse } = state.processSort;
  const processes = visibleProcesses(model, state.filter, state.processSort);
  const columns = processColumns.map(
    (one): ListColumn<ProcessModel> => ({
      ...columnOf(one, canvas),
      target: { kind: 'processColumn', column: one },
    }),
  );
  const held = (guests: boolean): string => heldBy(processes.filter(one => (one.guest !== undefined) === guests));
  const note = [
    span(`${glyphs.fills[0]} guests `, 'accent'),
    span(held(true), 'strong'),
    span('  others ', 'dim'),
    span(held(false), 'strong'),
  ];
  const room = Math.max(1, height - 2);
  const first = Math.min(state.scroll, Math.max(0, processes.length - room));
  const shown = fitting(columns, width);
  return [
    heading('Processes', canvas, note),
    listHead(shown, canvas, { title: processTitle(column), mark: reverse ? glyphs.up : glyphs.down }),
    ...processes.slice(first, first + room).map(one => listRow(one, shown, canvas)),
  ];
};
