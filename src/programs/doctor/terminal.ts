import { smallest } from '../../ui/layout.ts';
import { depthOf, isUtf8 } from '../../ui/theme.ts';
import type { Facts, Finding } from './facts.ts';

const characters = ({ env, settings }: Facts): Finding => {
  const id = 'locale';
  if (settings.ascii) return { id, ok: true, text: 'drawn in ASCII, as the settings say' };
  if (isUtf8(env)) return { id, ok: true, text: 'the locale is UTF-8' };
  return { id, ok: false, text: 'the locale is not UTF-8: graphs are drawn in ASCII', fix: 'export LANG=C.UTF-8' };
};

const colours = ({ env, settings }: Facts): Finding => {
  const id = 'terminal';
  const name = env['TERM'] || 'not set';
  if (env['TERM'] === 'dumb' || !env['TERM'])
    return {
      id,
      ok: false,
      text: `TERM is ${name}: the terminal is not known to draw, so there is no live screen or no colour`,
      fix: 'export TERM=xterm-256color (or what your terminal is)',
    };
  if (env['NO_COLOR']) return { id, ok: true, text: `TERM is ${name}; no colours, as NO_COLOR says` };
  const depth = depthOf(env, settings);
  if (depth !== 'none')
    return { id, ok: true, text: `TERM is ${name}: ${depth === 'truecolor' ? 'all' : depth} colours` };
  if (settings.theme === 'mono') return { id, ok: true, text: `TERM is ${name}; no colours, as the settings say` };
  return {
    id,
    ok: false,
    text: `TERM is ${name}: no colours`,
    fix: 'export TERM=xterm-256color if your terminal can, or theme = "256" in the settings',
  };
};

const size = ({ terminal }: Facts): readonly Finding[] => {
  if (!terminal) return [];
  const { columns, rows } = terminal;
  const id = 'size';
  return columns < smallest.columns || rows < smallest.rows
    ? [
        {
          id,
          ok: false,
          text: `the terminal has ${columns}x${rows}: too small for the live screen`,
          fix: `make it ${smallest.columns}x${smallest.rows} or larger`,
        },
      ]
    : [{ id, ok: true, text: `the terminal has ${columns}x${rows}` }];
};

/** How the live screen will look. */
export const terminalFindings = (facts: Facts): readonly Finding[] => [
  characters(facts),
  colours(facts),
  ...size(facts),
];
