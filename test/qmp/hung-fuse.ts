import { readSync, writeSync } from 'node:fs';

/**
 * A FUSE file system that hangs: standard input is its open /dev/fuse. All is there, and is opened; what is read of a file never
 * comes. (linux/fuse.h: the numbers are its opcodes.)
 */
const request = Buffer.alloc(1024 * 1024);
const size = 65_536;

const attributes = (isFolder: boolean): Buffer => {
  const body = Buffer.alloc(88);
  body.writeBigUInt64LE(isFolder ? 1n : 2n, 0);
  body.writeBigUInt64LE(isFolder ? 0n : BigInt(size), 8);
  body.writeUInt32LE(isFolder ? 0o40755 : 0o100755, 60);
  body.writeUInt32LE(1, 64);
  body.writeUInt32LE(4096, 80);
  return body;
};

/** What is known for an hour. */
const valid = (bytes: number): Buffer => {
  const body = Buffer.alloc(bytes);
  for (let at = 0; at + 8 <= bytes - 8; at += 8) body.writeBigUInt64LE(3600n, at);
  return body;
};

const answer = (opcode: number, node: bigint): Buffer | undefined => {
  switch (opcode) {
    case 26: {
      const body = Buffer.alloc(64);
      for (const [at, value] of [7, 31, 65_536, 0].entries()) body.writeUInt32LE(value, 4 * at);
      body.writeUInt32LE(4096, 20);
      body.writeUInt32LE(1, 24);
      return body;
    }
    case 1: {
      const found = Buffer.alloc(40);
      found.writeBigUInt64LE(2n, 0);
      valid(24).copy(found, 16, 0, 16);
      return Buffer.concat([found, attributes(false)]);
    }
    case 3:
      return Buffer.concat([valid(24).subarray(0, 16), attributes(node === 1n)]);
    case 14:
    case 27:
      return Buffer.alloc(16);
    case 15:
      return undefined;
    default:
      return Buffer.alloc(0);
  }
};

for (;;) {
  const length = readSync(0, request);
  if (length === 0) break;
  const [opcode, unique, node] = [request.readUInt32LE(4), request.readBigUInt64LE(8), request.readBigUInt64LE(16)];
  const body = answer(opcode, node);
  // Forgetting, and being interrupted, want no answer.
  if (!body || [2, 36, 42].includes(opcode)) continue;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeBigUInt64LE(unique, 8);
  try {
    writeSync(0, Buffer.concat([head, body]));
  } catch {
    // Whoever asked does not wait any more.
  }
}
