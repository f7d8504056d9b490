import { PassThrough } from 'node:stream';
import { test } from 'vitest';
import { defaults } from '../../../src/config/settings.ts';
import { parseCall, withSettings } from '../../../src/programs/options.ts';
import { showScreen } from '../../../src/programs/screen/terminal.ts';
import { openStage } from '../../ui/stage.tsx';
import { surroundings } from '../surroundings.ts';

test.each(['stdin', 'stdout', 'stderr'] as const)(
  'a terminal that fails at %s, as one does that was closed, is left',
  async name => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const { store, app } = openStage([]);
    const { options } = withSettings(parseCall([]), defaults);
    const screen = showScreen(store, options, surroundings(streams), app);
    streams[name].emit('error', new Error('write EIO'));
    await screen.left;
    screen.close();
  },
);
