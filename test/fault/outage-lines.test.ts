import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly outage?: string;
  readonly cause?: string;
  readonly why?: string;
  readonly failures?: Readonly<Record<string, number>>;
}

const BEGAN = 'an outage began';
const OVER = 'an outage is over';
/** Each case must be noticed in so long, on a busy machine. */
const NOTICED_WITHIN_MS = 3000;

function outageLines(gateway: Gateway): Line[] {
  return gateway
    .output()
    .stdout.split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ outage }) => outage !== undefined);
}

async function isReady(gateway: Gateway): Promise<boolean> {
  const answer = await fetch(`${gateway.url}/readyz`, { signal: AbortSignal.timeout(1000) });
  await answer.arrayBuffer();
  return answer.status === 200;
}

describe('one thing after the other that can happen to a Redis', () => {
  let redis: Redis;
  let gateway: Gateway;
  let admin: Client;

  async function connectAdmin(): Promise<void> {
    admin?.disconnect();
    admin = new Client({ port: redis.port, host: '127.0.0.1', retryStrategy: () => null });
    admin.on('error', () => {});
    await once(admin, 'ready');
  }

  beforeAll(async () => {
    redis = await startRedis({
      config: {
        'busy-reply-threshold': 50,
        'key-load-delay': 10_000,
        'loading-process-events-interval-bytes': 1024,
      },
    });
    gateway = await startGateway({
      env: { SCANGATE_STORE: redis.url, SCANGATE_CANARY_PERIOD: 'PT0.2S', SCANGATE_STORE_TIMEOUT: 'PT1S' },
    });
    await connectAdmin();
  });

  afterAll(async () => {
    admin?.disconnect();
    await gateway?.stop();
    await redis?.stop();
  });

  const CASES: readonly (readonly [
    cause: string,
    begin: () => Promise<unknown>,
    end: () => Promise<unknown>,
  ])[] = [
    ['out_of_memory', () => admin.config('SET', 'maxmemory', 1), () => admin.config('SET', 'maxmemory', 0)],
    [
      'no_permission',
      () => admin.call('ACL', 'SETUSER', 'default', '-fcall'),
      () => admin.call('ACL', 'SETUSER', 'default', '+fcall'),
    ],
    [
      'not_authenticated',
      async () => {
        await admin.config('SET', 'requirepass', 'hidden word');
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
      },
      () => admin.config('SET', 'requirepass', ''),
    ],
    ['read_only', () => admin.call('REPLICAOF', '127.0.0.1', 1), () => admin.call('REPLICAOF', 'NO', 'ONE')],
    [
      'busy',
      async () => {
        new Client({ port: redis.port, host: '127.0.0.1', retryStrategy: () => null })
          .on('error', () => {})
          .eval('while true do end', 0)
          .catch(() => {});
      },
      () => admin.call('SCRIPT', 'KILL'),
    ],
    [
      'refused',
      () => redis.kill(),
      async () => {
        await redis.restart();
        await connectAdmin();
      },
    ],
  ];

  test.each(CASES)(
    '%s: one line with the cause, one at the end, and not ready',
    async (cause, begin, end) => {
      await until(() => isReady(gateway), { what: 'a ready gateway' });
      const before = outageLines(gateway).length;
      const lines = (): Line[] => outageLines(gateway).slice(before);
      await begin();
      await until(async () => !(await isReady(gateway)), {
        withinMs: NOTICED_WITHIN_MS,
        everyMs: 50,
        what: 'red',
      });
      // A connection that is cut on the way may be told of first.
      const told = await until(() => lines().find((line) => line.cause === cause), {
        withinMs: NOTICED_WITHIN_MS,
        what: `a line that says ${cause}`,
      });
      expect(told).toMatchObject({ level: 'warn', outage: 'store', why: expect.stringMatching(/./) });
      await end();
      await until(() => isReady(gateway), { what: 'a gateway that is ready again' });
      const all = await until(() => lines().some(({ msg }) => msg === OVER) && lines());
      expect(all.filter(({ msg }) => msg === BEGAN)).toHaveLength(1);
      expect(all.at(-1)?.failures?.[cause]).toBeGreaterThan(0);
      expect(gateway.output().stdout).not.toContain('hidden word');
    },
  );

  test('a store that refuses connections: a mint is refused within 250 ms', async () => {
    await redis.kill();
    const tookMs: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const startedAt = performance.now();
      await expect(mint(gateway.url)).rejects.toThrow(/503/);
      tookMs.push(performance.now() - startedAt);
    }
    expect(Math.max(...tookMs)).toBeLessThan(250);
    await redis.restart();
  });
});

test('whoever says who may sign in is away: one line with the cause, and one when it is back', async () => {
  let status = 503;
  const users = createServer((_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end('{"status":"active"}');
  }).listen(0, '127.0.0.1');
  await once(users, 'listening');
  const gateway = await startGateway({
    env: {
      SCANGATE_USER_STATUS_URL: `http://127.0.0.1:${(users.address() as AddressInfo).port}/status`,
      SCANGATE_USER_STATUS_CACHE: 'PT0S',
      SCANGATE_UPSTREAM_REST: 'PT0.1S',
      SCANGATE_CANARY_PERIOD: 'PT0.1S',
      SCANGATE_CANARY_LIMIT: 'PT1S',
    },
  });
  const scanned = async (): Promise<number> => {
    const { notice } = await mint(gateway.url);
    return (await scan(gateway.url, readScanCode(notice))).status;
  };
  try {
    expect(await scanned()).toBe(503);
    expect(await scanned()).toBe(503);
    expect(outageLines(gateway)).toMatchObject([
      { level: 'warn', msg: BEGAN, outage: 'user_status', cause: 'server_error', why: 'status 503' },
    ]);
    status = 200;
    await until(async () => {
      await scanned();
      return outageLines(gateway).length > 1;
    });
    expect(outageLines(gateway).at(-1)).toMatchObject({ msg: OVER, failures: { server_error: 2 } });
  } finally {
    await gateway.stop();
    users.close();
  }
});
