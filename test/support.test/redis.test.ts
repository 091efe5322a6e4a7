import { afterAll, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';

const servers: Redis[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

async function started(...args: Parameters<typeof startRedis>): Promise<Redis> {
  const server = await startRedis(...args);
  servers.push(server);
  return server;
}

async function asked<T>(server: Redis, question: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(server.url, {
    lazyConnect: true,
    retryStrategy: () => null,
    disconnectTimeout: 50,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

test('a server of our own is there, keeps nothing, and refuses to evict', async () => {
  const server = await started();
  expect(await asked(server, (client) => client.config('GET', 'maxmemory-policy'))).toContain('noeviction');
  expect(await asked(server, (client) => client.config('GET', 'save'))).toEqual(['save', '']);
});

test('two servers share nothing', async () => {
  const [one, other] = await Promise.all([started(), started()]);
  await asked(one, (client) => client.set('key', 'value'));
  expect(await asked(other, (client) => client.get('key'))).toBeNull();
});

test('killed and restarted it is empty without persistence and whole with it', async () => {
  const [forgetful, durable] = await Promise.all([
    started(),
    started({ config: { appendonly: 'yes', appendfsync: 'always' } }),
  ]);
  for (const server of [forgetful, durable]) {
    await asked(server, (client) => client.set('key', 'value'));
    const before = server.pid;
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(asked(server, (client) => client.ping())).rejects.toThrow();
    await server.restart();
    expect(server.pid).not.toBe(before);
  }
  expect(await asked(forgetful, (client) => client.get('key'))).toBeNull();
  expect(await asked(durable, (client) => client.get('key'))).toBe('value');
});
