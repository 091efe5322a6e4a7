import { expect, test } from '@jest/globals';
import { reasonOf } from '../../src/cli/reason.ts';
import { Database } from '../../src/keepers/postgres/database.ts';
import { RevocationStopped } from '../../src/oauth/revocation/revocation.ts';
import { ForgettingStopped } from '../../src/record/keeping/forgetting.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { freePort } from '../support/child.ts';

test.each([
  ['forget', new ForgettingStopped()],
  ['revoke', new RevocationStopped('it was stopped')],
])('%s that a signal stopped says so in one line, without a stack', (_, error) => {
  expect(reasonOf(error)).toBe(error.message);
});

test('what is away is said with the setting that names it', async () => {
  const port = await freePort();
  const database = new Database(`postgres://nobody:none@127.0.0.1:${port}/none`);
  const error: unknown = await database.query('SELECT 1').catch((why: unknown) => why);
  expect(reasonOf(error)).toMatch(/^SCANGATE_ARCHIVE: PostgreSQL: .*ECONNREFUSED/);
  expect(reasonOf(new StoreUnavailable('away'))).toBe('SCANGATE_STORE: away');
});
