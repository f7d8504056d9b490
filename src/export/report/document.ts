import { createHash } from 'node:crypto';
import { clock, day } from './clock.ts';
import { escapeHtml, scriptJson } from './html.ts';
import type { PageData } from './page-data.ts';

/** The page's own script and styles, each one text. */
export interface PageAssets {
  readonly script: string;
  readonly styles: string;
}

/** Where a page comes from, and how its times are told. */
export interface PageOptions {
  /** Seconds that the clocks of the page are ahead of UTC. */
  readonly offset: number;
  readonly version: string;
  /** When it was made: wall clock, seconds. */
  readonly made: number;
}

/** What is different from page to page. Texts are untrusted; what is called HTML is put in as it is. */
export interface PageContent {
  readonly title: string;
  readonly eyebrow: string;
  readonly heading: string;
  /** HTML. */
  readonly span: string;
  /** HTML. */
  readonly facts: string;
  /** HTML. */
  readonly body: string;
  readonly data: PageData;
}

/** Content-Security-Policy takes an inline text by its hash: a name that got into the page as markup could still run nothing. */
const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = ({ script, styles }: PageAssets): string =>
  `default-src 'none'; script-src ${hash(script)}; style-src ${hash(styles)}; base-uri 'none'; form-action 'none'`;

/** Terms and untrusted texts, and who made the page when: HTML. */
export const factList = (
  rows: readonly (readonly [term: string, text: string])[],
  { offset, version, made }: PageOptions,
): string => {
  const items = rows.map(([term, text]) => `<div><dt>${term}</dt><dd>${escapeHtml(text)}</dd></div>`);
  const maker = `Made ${day(made, offset, true)}, ${clock(made, offset, false)} by kvmtop ${version}.`;
  return `<dl class="facts">${items.join('')}</dl><p class="note">${escapeHtml(maker)}</p>`;
};

/** A whole page that needs nothing else: no file, no network. */
export const documentPage = (
  { title, eyebrow, heading, span, facts, body, data }: PageContent,
  assets: PageAssets,
): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${assets.styles}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">${escapeHtml(eyebrow)}</p>
<button type="button" id="theme" hidden>Dark</button>
<h1>${escapeHtml(heading)}</h1>
<p class="span">${span}</p>
${facts}
</header>
${body}
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${assets.script}</script>
</body>
</html>
`;
