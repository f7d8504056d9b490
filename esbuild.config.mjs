import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licencesOfProgram } from './packaging/build/licences.ts';

const root = import.meta.dirname;

/** Ink asks for React's devtools, which are for developing Ink programs; they stay out. */
const withoutDevtools = {
  name: 'without-devtools',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }));
  },
};

/**
 * Whoever measures text gets src/ui/width.ts, which alone reaches the real string-width, and loads it when a text first
 * needs it: its expression for all emoji takes 20 ms to build.
 */
const withFastWidth = {
  name: 'with-fast-width',
  setup({ onResolve, onLoad }) {
    const fast = join(root, 'src/ui/width.ts');
    onResolve({ filter: /^string-width$/ }, ({ path, importer, namespace }) =>
      namespace === 'late-width' ? undefined : importer === fast ? { path, namespace: 'late-width' } : { path: fast },
    );
    onLoad({ filter: /.*/, namespace: 'late-width' }, () => ({
      contents: `let width;
        export default (text, options) => (width ??= require('string-width').default)(text, options);`,
      resolveDir: root,
    }));
  },
};

/** ink-table hashes what it shows; Node's cryptography, of some 8 ms, can wait for the first dialog that shows a table. */
const withLateHash = {
  name: 'with-late-hash',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^object-hash$/ }, ({ path, namespace }) =>
      namespace === 'late-hash' ? undefined : { path, namespace: 'late-hash' },
    );
    onLoad({ filter: /.*/, namespace: 'late-hash' }, () => ({
      contents: `export const sha1 = value => require('object-hash').sha1(value);`,
      resolveDir: root,
    }));
  },
};

/**
 * Stands for Intl.Segmenter everywhere in the bundle. The first one takes 20 ms, and Ink's packages make one each when they
 * are loaded: this makes it when it is used.
 */
const lateSegmenter = `class LateSegmenter {
  #options;
  #segmenter;
  constructor(...options) { this.#options = options; }
  segment(text) { return (this.#segmenter ??= new globalThis.Intl.Segmenter(...this.#options)).segment(text); }
}`;

/** Yoga decodes its own WebAssembly by fetch() of a data URL, which loads Node's whole HTTP client; it can do without. */
const withoutFetch = {
  name: 'without-fetch',
  setup({ onLoad }) {
    onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, ({ path }) => {
      const question = '"function"!=typeof fetch';
      const source = readFileSync(path, 'utf8');
      if (source.split(question).length !== 3) throw new Error(`${path} asks for fetch in another way than it did`);
      return { contents: source.replaceAll(question, 'true'), loader: 'js' };
    });
  },
};

/**
 * What a report's page carries with it, as texts: its script with uPlot, and both style sheets. Made by the second of two
 * bundlers, for browsers; `</` in a string of the script could end its element, so esbuild writes it as `<\\/`.
 */
export const pageAssets = async () => {
  const [script, styles] = await bundlePage();
  return { script: script.text, styles: styles.text };
};

/** Each with the files that are in it. */
const bundlePage = () =>
  Promise.all(
    [
      { entryPoints: [join(root, 'src/export/report/browser/main.ts')] },
      { stdin: { contents: pageStyles, resolveDir: root, loader: 'css' } },
    ].map(async input => {
      const { outputFiles, metafile } = await build({
        ...input,
        absWorkingDir: root,
        bundle: true,
        write: false,
        minify: true,
        format: 'iife',
        platform: 'browser',
        target: ['chrome123', 'firefox120', 'safari17.5'],
        legalComments: 'inline',
        logLevel: 'warning',
        metafile: true,
      });
      return { text: outputFiles[0].text.trim(), inputs: Object.keys(metafile.inputs) };
    }),
  );

const pageStyles = `@import './node_modules/uplot/dist/uPlot.min.css'; @import './src/export/report/page.css';`;

/** `kvmtop:page` is what `pageAssets` makes; only a report loads it. */
const withPage = {
  name: 'with-page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^kvmtop:page$/ }, ({ path }) => ({ path, namespace: 'page' }));
    onLoad({ filter: /.*/, namespace: 'page' }, async () => ({
      contents: `export default ${JSON.stringify(await pageAssets())}`,
    }));
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
    define: { 'process.env.NODE_ENV': '"production"', 'Intl.Segmenter': 'LateSegmenter' },
    // CommonJS packages in the bundle (signal-exit) call require.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n${lateSegmenter}`,
    },
    plugins: [withoutDevtools, withFastWidth, withLateHash, withoutFetch, withPage],
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
  const entries = {
    kvmtop: join(root, 'src/cli.ts'),
    // The thread that writes a recording.
    recorder: join(root, 'src/recording/worker.ts'),
    ...(existsSync(docs) && { docs }),
  };
  const dist = join(root, 'dist');
  const sources = ['src', 'package-lock.json', 'esbuild.config.mjs'].map(name => join(root, name));
  const built = Math.min(...Object.keys(entries).map(name => changed(join(dist, `${name}.js`))));
  if (built > Math.max(...sources.map(changed))) return;
  for (const folder of ['chunks', 'cache']) rmSync(join(dist, folder), { recursive: true, force: true });
  const { metafile } = await bundle(entries, dist, { metafile: true });
  const page = await bundlePage();
  const inputs = [...Object.keys(metafile.inputs), ...page.flatMap(one => one.inputs)];
  writeFileSync(join(dist, 'licences.txt'), licencesOfProgram(root, inputs));
};

if (import.meta.main ?? process.argv[1] === import.meta.filename) await main();
