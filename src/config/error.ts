import { safe } from '../text.ts';

/** A file of settings that can't be followed. One line: file, line, what is wrong and what would be right. */
export class ConfigError extends Error {
  constructor(path: string, line: number | undefined, what: string) {
    super(safe(`${path}${line === undefined ? '' : `:${line}`}: ${what}`));
  }
}
