import { type Line, span } from '../line.ts';
import { type Draw, heading, wrap } from './pane.ts';

/** What could not be read, why, and what to do. */
export const problemsPane: Draw = canvas => {
  const { model, width, height } = canvas;
  const lines: Line[] =
    model.problems.length === 0
      ? [[span('Everything that was asked for could be read.', 'good')]]
      : model.problems.flatMap(({ source, message }) => [
          [span(source, 'strong')],
          ...wrap(message, width - 2).map((row): Line => [span(`  ${row}`)]),
        ]);
  return [heading('What can’t be seen, and why', canvas), ...lines].slice(0, height);
};
