import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { revokeByGateway } from '../../src/cli/revoke/by-gateway.ts';
import { readConfig } from '../../src/config/config.ts';
import { temporaryFolder } from '../support/folder.ts';

test('a gateway that ends before it is through is said to have, in one line', async () => {
  const folder = await temporaryFolder();
  const store = join(folder.path, 'store');
  mkdirSync(store);
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/x-ndjson' });
    res.write('{"progress":{"looked":1}}\n', () => setTimeout(() => res.destroy(), 50));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const config = readConfig({
    SCANGATE_STORE: `file:${store}`,
    SCANGATE_ADMIN_LISTEN: `127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  let words = 0;
  const ear = { selected: () => undefined, progress: () => void (words += 1) };
  const revoking = revokeByGateway(config, { client: 'x' }, false, ear);
  await expect(revoking).rejects.toThrow('the gateway ended before it was through');
  expect(words).toBe(1);
  server.close();
  await folder.remove();
});
