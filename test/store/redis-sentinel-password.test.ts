import { Redis as Client } from 'ioredis';
import { afterAll, beforeAll, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { liveAddress } from '../../src/store/redis/connection/address.ts';
import { connectRedis } from '../../src/store/redis/connection/connect-redis.ts';
import type { RedisConnection } from '../../src/store/redis/connection/redis-connection.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';

let folder: TemporaryFolder;
let master: Redis;
let sentinel: Redis;
/** Let in before there was a password. */
let operator: Client;
const connections: RedisConnection[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  master = await startRedis();
  const file = join(folder.path, 'sentinel.conf');
  await writeFile(file, `sentinel monitor main 127.0.0.1 ${master.port} 1\n`);
  sentinel = await startRedis({ args: [file, '--sentinel'] });
  operator = new Client({ port: sentinel.port, enableReadyCheck: false });
  await operator.call('PING');
});

afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  operator?.disconnect();
  await sentinel?.stop();
  await master?.stop();
  await folder?.remove();
});

const isReady = (connection: RedisConnection): Promise<unknown> =>
  until(() => connection.status === 'ready', { withinMs: 30_000, what: 'a connection' });

test('a password of Sentinels that changes counts for connections that are made anew', async () => {
  let password = 'of-before';
  const url = (): string => `redis+sentinel://127.0.0.1:${sentinel.port}/main?sentinel_password=${password}`;
  await operator.call('ACL', 'SETUSER', 'default', 'resetpass', '>of-before');
  const address = liveAddress(url(), url);
  const endpoint = { host: '127.0.0.1', port: sentinel.port };
  connections.push(
    connectRedis(address, 'control', { failoverDetector: false }),
    connectRedis(address, 'sentinel', { endpoint }),
  );
  for (const connection of connections) await isReady(connection);

  await operator.call('ACL', 'SETUSER', 'default', 'resetpass', '>of-now');
  password = 'of-now';
  for (const connection of connections) {
    connection.disconnect(true);
    await until(() => connection.status !== 'ready', { what: 'the end of a connection' });
    await isReady(connection);
  }
});
