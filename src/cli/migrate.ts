import { randomBytes } from 'node:crypto';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseRedisAddress } from '../store/redis/address.ts';
import { prepare } from '../store/redis/prepare.ts';

const TIMEOUT_MS = 10_000;

/**
 * Brings a Redis store to this release: functions and meta key. May run any number of times, and beside running nodes.
 *
 * @param storeUrl `SCANGATE_STORE`. @returns what was done, line by line.
 * @throws Error with one line where the store cannot be used.
 */
export async function runMigrate(storeUrl: string): Promise<string[]> {
  if (storeUrl.startsWith('file:')) return ['a file store needs no migration'];
  const lines: string[] = [];
  await prepare(parseRedisAddress(storeUrl), {
    migrate: true,
    partitions: undefined,
    randomText: () => randomBytes(16).toString('hex'),
    timeoutMs: TIMEOUT_MS,
    log: (line) => lines.push(line),
  });
  return lines;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const lines = await runMigrate(env['SCANGATE_STORE'] ?? 'file:.scangate');
    stdout.write(`${lines.join('\n')}\n`);
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    exit(1);
  }
}
