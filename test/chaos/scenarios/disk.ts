import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../support/folder.ts';
import { CannotPlay } from '../faketime.ts';
import { singleGround } from '../grounds.ts';
import type { SingleGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

const DISK_BYTES = 16 * 1024 * 1024;
const FULL_MS = 6000;
const CHUNK = Buffer.alloc(64 * 1024);

/** A Redis whose append-only file lies on a small disk of its own: a mount that only its process sees. */
interface SmallDiskGround extends SingleGround {
  fill(): Promise<void>;
  clear(): Promise<void>;
}

async function smallDiskGround(): Promise<SmallDiskGround> {
  const mount = `mount -t tmpfs -o size=${DISK_BYTES} tmpfs "$0" && exec "$@"`;
  const folder = await temporaryFolder();
  const under = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, folder.path];
  const works = promisify(execFile)(under[0]!, [...under.slice(1), 'true']);
  await works.catch(() => Promise.reject(new CannotPlay('no right to mount a small disk')));
  const ground = await singleGround({ under, config: { dir: folder.path } });
  const filler = join('/proc', String(ground.redis.pid), 'root', folder.path, 'filler');
  return {
    ...ground,
    fill: async () => {
      const file = await open(filler, 'w');
      try {
        for (;;) await file.write(CHUNK);
      } catch {
        // Full, which is what was wanted.
      } finally {
        await file.close();
      }
    },
    clear: () => rm(filler),
    stop: async () => {
      await ground.stop();
      await folder.remove();
    },
  };
}

/** Redis has no room for its file. */
export const diskScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'disk-full',
    title: 'Redis’ disk full 6 s',
    prepare: () => smallDiskGround(),
    play: async ({ ground, sleep, note }) => {
      await ground.fill();
      await sleep(FULL_MS);
      const { aof_last_write_status: status } = await ground.redis.info('persistence');
      note('AOF writes', status ?? 'unknown');
      await ground.clear();
      await sleep(3500);
    },
  }),
];
