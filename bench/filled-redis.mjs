/** A Redis where so many tickets are alive: filled once in a run, and loaded from its dump by the rows that want it again. */
import { copyFile, mkdtemp } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { openFill } from './fill.mjs';

/** As the gateways say by default. */
const HISTORY_MS = 600_000;
const dumps = new Map();

export async function filledRedis(stage, live) {
  const name = `${live}.rdb`;
  const dump = dumps.get(live);
  if (dump !== undefined) await copyFile(dump, join(stage.folder, name));
  const redis = await stage.redis(['--dbfilename', name]);
  // The client waits until all is loaded.
  const client = new Redis(redis.url);
  await client.ping();
  if (dump === undefined) {
    const fill = await openFill(redis.url, HISTORY_MS);
    await fill.mint(live);
    await fill.close();
    await client.save();
    dumps.set(live, await kept(join(stage.folder, name)));
  }
  client.disconnect();
  return redis;
}

async function kept(file) {
  const folder = await mkdtemp(join(tmpdir(), 'scangate-bench-dump-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, 'dump.rdb');
  await copyFile(file, copy);
  return copy;
}
