import { expect, test } from '@jest/globals';
import { clientKeys } from '../../src/compose/client-keys.ts';
import { openOutages } from '../../src/compose/telling.ts';
import type { Telling } from '../../src/compose/telling.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Client } from '../../src/oauth/clients/client.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { testClient } from '../http/fixture.ts';
import { freePort } from '../support/child.ts';

test("keys of a client's that are away are an outage only as long as a client has their address", async () => {
  const config = readConfig({});
  const log = makeLog('info', { write: () => undefined });
  const metrics = makeMetrics(false);
  const outages = openOutages(config, { log, metrics });
  const telling: Telling = { log, metrics, outages, report: () => undefined };
  const away = async (): Promise<unknown> =>
    (await metrics.outages.get()).values.map(({ labels, value }) => [labels.outage, value]);

  let read: (clients: readonly Client[]) => void = () => undefined;
  const keysOf = clientKeys(config, telling, { onRead: (listener) => (read = listener) });
  const address = `http://127.0.0.1:${await freePort()}/jwks`;
  const ask = (): Promise<unknown> => keysOf(address)({ alg: 'ES256' }, { payload: '', signature: '' });
  await expect(ask()).rejects.toThrow();
  expect(await away()).toEqual([['client_keys', 1]]);

  read([testClient({ jwks_uri: address })]);
  expect(await away()).toEqual([['client_keys', 1]]);
  read([testClient({ jwks_uri: 'https://app.example/jwks' })]);
  expect(await away()).toEqual([['client_keys', 0]]);
  outages.close();
});
