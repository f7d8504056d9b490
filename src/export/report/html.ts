import { own } from '../../own.ts';
import { safe } from '../../text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Untrusted text as text of a page or as the value of a quoted attribute, without anything that could steer what shows it. */
export const escapeHtml = (text: string): string =>
  safe(text).replace(/[&<>"']/g, character => own(entities, character) ?? '');

/**
 * JSON for a `<script type="application/json">`: nothing in it can end the element or begin a comment, and it parses back
 * to the same.
 */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
