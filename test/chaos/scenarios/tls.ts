import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../support/child.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startRedis } from '../../support/redis.ts';
import type { Redis } from '../../support/redis.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Ground } from '../scenario.ts';

const USER = 'gateway';
const PASSWORD = 'chaos';
/** What a gateway needs, and nothing with which it could change the server. */
const RIGHTS = ['~*', '&*', '+@all', '-@admin', '+role', '-shutdown'];

interface TlsGround extends Ground {
  readonly redis: Redis;
}

/** One Redis with an append-only file that gateways reach over TLS and as a user of their own. */
async function tlsGround(): Promise<TlsGround> {
  const folder = await temporaryFolder();
  const certificate = join(folder.path, 'redis.crt');
  const key = join(folder.path, 'redis.key');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)('openssl', [
    ...request,
    ...name,
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  const port = await freePort();
  const redis = await startRedis({
    config: {
      appendonly: 'yes',
      'tls-port': port,
      'tls-cert-file': certificate,
      'tls-key-file': key,
      'tls-auth-clients': 'no',
      user: [USER, 'on', `>${PASSWORD}`, ...RIGHTS],
    },
  });
  const url = `rediss://${USER}:${PASSWORD}@localhost:${port}`;
  return {
    redis,
    urls: [url, url],
    env: { NODE_EXTRA_CA_CERTS: certificate },
    masters: () => Promise.resolve([redis]),
    stop: async () => {
      await redis.stop();
      await folder.remove();
    },
  };
}

/** The store over TLS, as a user with few rights. */
export const tlsScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'tls-and-user',
    title: 'over TLS, as a Redis user with few rights: Redis killed, restarted with its AOF',
    prepare: tlsGround,
    play: async ({ ground, sleep }) => {
      await ground.redis.kill();
      await sleep(1000);
      await ground.redis.restart();
      await sleep(3000);
    },
  }),
];
