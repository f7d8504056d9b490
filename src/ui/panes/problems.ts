import { type Line, span } from '../line.ts';
import { type Draw, heading } from './pane.ts';

/** What could not be read, why, and what to do. */
export const problemsPane: Draw = canvas => {
  const { model, height } = canvas;
  const lines: Line[] =
    model.problems.length === 0
      ? [[span('Everything that was asked for could be read.', 'good')]]
      : model.problems.map(({ source, message }) => [span(`${source}: `, 'strong'), span(message)]);
  return [heading('What can’t be seen, and why', canvas), ...lines].slice(0, height);
};
