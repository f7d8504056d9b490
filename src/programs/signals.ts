import type { Orders } from './record/record.ts';
import type { Surroundings } from './surroundings.ts';

/** Aborted by the first signal that asks for an end; a second one ends the process, as it does by itself. */
export const stopBySignal = ({ events }: Pick<Surroundings, 'events'>): AbortSignal => {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) events.once(signal, () => stop.abort());
  return stop.signal;
};

/** SIGHUP has two meanings: logrotate's for a service, and that the terminal has gone. */
export const ordersBySignal = ({ events, stdin }: Pick<Surroundings, 'events' | 'stdin'>): Orders => {
  const stop = new AbortController();
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM']) events.once(signal, () => stop.abort());
  events.on('SIGHUP', () => {
    if (stdin.isTTY) stop.abort();
    asked = true;
  });
  const takeReopen = (): boolean => {
    const isAsked = asked;
    asked = false;
    return isAsked;
  };
  return { stop: stop.signal, takeReopen };
};
