/** What an architecture is called: by Node, by Debian, by RPM and by binutils. */
export const architectures = {
  x64: { deb: 'amd64', rpm: 'x86_64', strip: 'x86_64-linux-gnu-strip' },
  arm64: { deb: 'arm64', rpm: 'aarch64', strip: 'aarch64-linux-gnu-strip' },
} as const;

export type Architecture = keyof typeof architectures;

export const isArchitecture = (word: string): word is Architecture => Object.hasOwn(architectures, word);
