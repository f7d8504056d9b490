import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Architecture, architectures, isArchitecture } from './architecture.ts';

export const root = join(import.meta.dirname, '../..');

/** Builds for these architectures into `out`, fast and not small where that is asked for; returns the paths. */
type Build = (wanted: readonly Architecture[], out: string, fast: boolean) => readonly string[];

/** `npm run NAME [-- x64|arm64] [--fast] [--out DIR]`; returns the exit status. */
export const runBuild = (name: string, build: Build): number => {
  const { values, positionals } = parseArgs({
    options: { fast: { type: 'boolean', default: false }, out: { type: 'string', default: join(root, 'out') } },
    allowPositionals: true,
  });
  const wrong = positionals.find(word => !isArchitecture(word));
  if (wrong !== undefined) {
    const known = Object.keys(architectures).join(', ');
    process.stderr.write(`${name}: there is no architecture '${wrong}': there are ${known}\n`);
    return 2;
  }
  const wanted = positionals.length > 0 ? positionals.filter(isArchitecture) : (['x64', 'arm64'] as const);
  try {
    for (const file of build(wanted, values.out, values.fast)) process.stdout.write(`${file}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    return 1;
  }
};
