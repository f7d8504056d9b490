/** Words for kvmtop that reads no settings but a test's own: those in /etc are this host's. */
export const withOwnSettings = (words: readonly string[]): readonly string[] =>
  words.includes('--config') ? words : [...words, '--no-config'];
