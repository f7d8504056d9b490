import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

/** Ink asks for React's devtools, which are for developing Ink programs; they stay out. */
const withoutDevtools = {
  name: 'without-devtools',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }));
  },
};

/** Whoever measures text gets src/ui/width.ts, which alone reaches the real string-width. */
const withFastWidth = {
  name: 'with-fast-width',
  setup({ onResolve }) {
    const fast = join(root, 'src/ui/width.ts');
    onResolve({ filter: /^string-width$/ }, ({ importer }) => (importer === fast ? undefined : { path: fast }));
  },
};

/** Bundles `entries` (name → source file) into `outdir`; what they import() becomes chunks that load when needed. */
export const bundle = (entries, outdir, options = {}) =>
  build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node22',
    jsx: 'automatic',
    // React's development build costs half as much again.
    define: { 'process.env.NODE_ENV': '"production"' },
    // CommonJS packages in the bundle (signal-exit) call require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [withoutDevtools, withFastWidth],
    // Not minified: it starts no faster, and stack traces stay readable.
    legalComments: 'external',
    logLevel: 'warning',
    ...options,
  });

/** The newest change under `path`, ms since 1970. */
const changed = path => {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map(name => changed(join(path, name))));
};

const main = async () => {
  const docs = join(root, 'src/docs.ts');
  const entries = { kvmtop: join(root, 'src/cli.ts'), ...(existsSync(docs) && { docs }) };
  const dist = join(root, 'dist');
  const sources = ['src', 'package-lock.json', 'esbuild.config.mjs'].map(name => join(root, name));
  const built = Math.min(...Object.keys(entries).map(name => changed(join(dist, `${name}.js`))));
  if (built > Math.max(...sources.map(changed))) return;
  rmSync(join(dist, 'chunks'), { recursive: true, force: true });
  await bundle(entries, dist);
};

if (import.meta.main ?? process.argv[1] === import.meta.filename) await main();
