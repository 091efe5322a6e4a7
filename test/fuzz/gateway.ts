import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import { COLLECTING } from './growth.ts';

export const INITIAL_TOKEN = 'an-initial-access-token';
export const CALLBACK = 'https://app.example/back';
export const CLIENT_SECRET = 'the-secret-of-a-server-that-is-long-enough';
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const READY_WITHIN_MS = 300_000;

const grants = ['authorization_code', 'refresh_token', DEVICE_GRANT];
const usual = { redirect_uris: [CALLBACK], scope: 'openid profile offline_access', grant_types: grants };

/** Clients of every kind that answers differ for. */
const CLIENTS = [
  { client_id: 'app', ...usual, token_endpoint_auth_method: 'none', scangate: { accept: 'never' } },
  {
    client_id: 'server',
    ...usual,
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: CLIENT_SECRET,
  },
  {
    client_id: 'asking',
    ...usual,
    token_endpoint_auth_method: 'none',
    scangate: { accept: 'always', number_match: true },
  },
  { client_id: 'pushing', ...usual, require_pushed_authorization_requests: true },
  { client_id: 'bound', ...usual, token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true },
  { client_id: 'posted', ...usual, response_types: ['code', 'id_token'] },
];

/** Where the gateway keeps what it must not forget. */
export type FuzzedStore = (typeof FUZZED_STORES)[number];
export const FUZZED_STORES = ['file', 'redis'] as const;

/**
 * A gateway with everything switched on that can be, and no limits, in whose way nothing would be tried. It and its store
 * may take their time, as on a machine that others use: a refusal that comes of that is no finding.
 *
 * @param collects whether what it holds is measured without garbage
 */
export async function startFuzzedGateway(
  store: FuzzedStore = 'file',
  { collects = false } = {},
): Promise<{ gateway: Gateway; stop: () => Promise<void> }> {
  const redis = store === 'redis' ? await startRedis() : undefined;
  const folder = await temporaryFolder();
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, JSON.stringify(CLIENTS));
  const clean = async (): Promise<void> => {
    await folder.remove();
    await redis?.stop();
  };
  try {
    const gateway = await startGateway({
      withinMs: READY_WITHIN_MS,
      env: {
        SCANGATE_CLIENTS_FILE: file,
        SCANGATE_REGISTRATION_TOKEN: INITIAL_TOKEN,
        SCANGATE_DOCS: 'on',
        SCANGATE_HISTORY: 'PT1M',
        SCANGATE_STORE_TIMEOUT: 'PT1M',
        SCANGATE_TICKET_LIFE: 'PT15M',
        SCANGATE_TICKET_LIFE_MAX: 'PT30M',
        SCANGATE_CODE_LIFE: 'PT10M',
        ...(redis === undefined ? {} : { SCANGATE_STORE: redis.url }),
        ...(collects ? COLLECTING : {}),
      },
    });
    const stop = async (): Promise<void> => {
      await gateway.stop();
      await clean();
    };
    return { gateway, stop };
  } catch (error) {
    await clean();
    throw error;
  }
}
