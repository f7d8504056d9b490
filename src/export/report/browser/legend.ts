import type { PlotData } from '../page-data.ts';
import { told } from './axes.ts';

export interface Legend {
  readonly element: HTMLElement;
  /** Shows the values of one point. */
  readonly show: (point: number) => void;
}

/** What each line is, its value at the cursor, and a button to hide it. `values` of all points, in the order of the lines. */
export const createLegend = (
  { lines, unit, stacked }: PlotData,
  values: readonly (readonly (number | null)[])[],
  toggle: (line: number, shown: boolean) => void,
): Legend => {
  const element = document.createElement('ul');
  element.className = 'legend';
  const outputs = lines.map((line, at) => {
    const button = document.createElement('button');
    const swatch = document.createElement('span');
    const output = document.createElement('output');
    const item = document.createElement('li');
    button.type = 'button';
    button.ariaPressed = 'true';
    button.title = 'Show or hide';
    swatch.className = `swatch ${line.hue}${stacked ? ' area' : ''}${line.dashed ? ' dashed' : ''}`;
    button.append(swatch, line.label);
    button.addEventListener('click', () => {
      const shown = button.ariaPressed !== 'true';
      button.ariaPressed = String(shown);
      toggle(at, shown);
    });
    item.append(button, output);
    element.append(item);
    return output;
  });
  return {
    element,
    show(point) {
      for (const [at, output] of outputs.entries()) output.value = told(values[at]?.[point], unit);
    },
  };
};
