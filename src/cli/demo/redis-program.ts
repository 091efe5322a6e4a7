import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NotPlayed } from './not-played.ts';

/** Where servers are installed on systems that keep them off a user's `PATH`. */
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin'];

/**
 * The path of `redis-server`: `REDIS_SERVER_BIN`, else the first one of `PATH` and of the system's folders.
 *
 * @throws NotPlayed where there is none
 */
export function redisProgram(
  env: NodeJS.ProcessEnv,
  systemFolders: readonly string[] = SYSTEM_FOLDERS,
): string {
  const given = env['REDIS_SERVER_BIN'];
  if (given !== undefined && given !== '') {
    if (isProgram(given)) return given;
    throw new NotPlayed(`REDIS_SERVER_BIN=${given} is not a program`);
  }
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), ...systemFolders];
  const found = folders.map((folder) => join(folder, 'redis-server')).find(isProgram);
  if (found !== undefined) return found;
  throw new NotPlayed(
    'there is no redis-server here: install Redis 7 or later (apt-get install redis-server, brew install redis), ' +
      'or set REDIS_SERVER_BIN to its path',
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
