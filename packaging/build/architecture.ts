/** What an architecture is called: by Node, by Debian, by RPM and `uname -m`, by binutils, and by Bun and its npm package. */
export const architectures = {
  x64: {
    deb: 'amd64',
    rpm: 'x86_64',
    strip: 'x86_64-linux-gnu-strip',
    // Of two Buns the one for all processors since 2008: the other one asks for AVX2.
    bun: { target: 'bun-linux-x64-baseline', package: '@oven/bun-linux-x64-baseline' },
  },
  arm64: {
    deb: 'arm64',
    rpm: 'aarch64',
    strip: 'aarch64-linux-gnu-strip',
    bun: { target: 'bun-linux-arm64', package: '@oven/bun-linux-aarch64' },
  },
} as const;

export type Architecture = keyof typeof architectures;

export const isArchitecture = (word: string): word is Architecture => Object.hasOwn(architectures, word);
