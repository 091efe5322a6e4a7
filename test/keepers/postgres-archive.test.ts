import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/keepers/postgres/database.ts';
import { migrateDatabase } from '../../src/keepers/postgres/migration.ts';
import { PostgresArchive } from '../../src/keepers/postgres/postgres-archive.ts';
import { windowsOf } from '../../src/keepers/postgres/windows.ts';
import type { Facts } from '../../src/record/entry/entry.ts';
import { idOf } from '../../src/record/ids/sortable-id.ts';
import { search } from '../../src/record/search/search.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { archiveContract, entry, writer } from '../contract/archive.ts';
import { TEST_SECRETS, startGateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Postgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';

const DAY_MS = 86_400_000;
/** As long as several processes may take on a machine that has much else to do. */
const BUSY_MS = 240_000;
let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.stop();
});

/** A database of its own. */
async function fresh(name: string): Promise<Database> {
  const first = new Database(postgres.url);
  await first.query(`CREATE DATABASE ${name}`);
  await first.close();
  return new Database(addressOf(name));
}

function addressOf(name: string): string {
  return postgres.url.replace(/[^/]*$/, name);
}

describe('the archive in PostgreSQL', () => {
  archiveContract(async () => new PostgresArchive(await fresh('contract'), Date.now));
});

test('old days go as whole tables, and leave no hole in a chain', async () => {
  const database = await fresh('days');
  const archive = new PostgresArchive(database, Date.now);
  const [one, two, other, three] = [entry(1), entry(DAY_MS), entry(2), entry(DAY_MS + 1)];
  await writer(archive).add([one, two, other, three, entry(2 * DAY_MS)]);
  await writer(archive, 1).add([entry(3)]);
  const tables = async (): Promise<unknown[]> => {
    const { rows } = await database.query(
      "SELECT relname FROM pg_class WHERE relname LIKE 'scangate_entries_2%' AND relkind = 'r' ORDER BY 1",
    );
    return rows.map(({ relname }) => relname);
  };
  const days = ['scangate_entries_20260601', 'scangate_entries_20260602', 'scangate_entries_20260603'];
  expect(await tables()).toEqual(days);
  await archive.trim(entry(DAY_MS / 2).id, 0);
  expect(await tables()).toEqual(days);
  expect(await archive.trim(entry(DAY_MS).id, 10)).toBe(2);
  expect(await tables()).toEqual(days.slice(1));
  expect((await archive.links(0, 1, 10)).map(({ id }) => id)).toEqual([
    two.id,
    other.id,
    three.id,
    entry(2 * DAY_MS).id,
  ]);
  expect(await archive.floor(0)).toMatchObject({ link: 1 });
  expect(await archive.floor(1)).toMatchObject({ link: 1 });
  expect([...(await archive.keys(['t1', 't2', 't3', `t${DAY_MS}`])).keys()].toSorted()).toContain('t2');
  expect((await archive.keys(['t1'])).size).toBe(0);

  expect(await archive.trim(entry(2 * DAY_MS).id, 10)).toBe(3);
  expect((await archive.links(0, 1, 10)).map(({ link }) => link)).toEqual([5]);
  expect(await archive.floor(0)).toMatchObject({ link: 4 });
  expect((await archive.keys(['t2', `t${DAY_MS}`])).size).toBe(0);
  // What comes when its day has gone is kept all the same.
  await writer(archive).add([entry(4)]);
  expect(await archive.head(0)).toMatchObject({ link: 6 });
  await archive.close();
});

test('a page is the same in whichever days it is looked for first', async () => {
  const archive = new PostgresArchive(await fresh('windows'), Date.now);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const days = [40, 39, 20, 17, 16, 15, 3, 2, 1, 0, -1];
  const entries = days.map((ago, index) => ({
    ...entry(index, {}, { user: index % 3 === 0 ? 'ada' : 'bob' }),
    id: idOf(today - ago * DAY_MS, 0),
  }));
  await writer(archive).add(entries);
  const ids = entries.map(({ id }) => id);
  for (const newestFirst of [true, false]) {
    for (const bound of [undefined, ...ids]) {
      const page = newestFirst ? { before: bound } : { after: bound };
      for (const limit of [2, 20]) {
        const left = ids.filter((id) => bound === undefined || (newestFirst ? id < bound : id > bound));
        const wanted = (newestFirst ? left.toReversed() : left).slice(0, limit);
        const found = await archive.find({ ...page, newestFirst, limit });
        expect(found.map(({ id }) => id)).toEqual(wanted);
      }
    }
  }
  const column = { name: 'user', value: 'ada' } as const;
  const ada = await archive.find({ column, newestFirst: true, limit: 3 });
  expect(ada.map(({ id }) => id)).toEqual([ids[9], ids[6], ids[3]]);
  const bounds = windowsOf({ newestFirst: true, after: undefined, before: undefined }, today);
  expect(bounds.map(({ after }) => after)).toEqual([
    idOf(today - DAY_MS, 0) - 1n,
    idOf(today - 15 * DAY_MS, 0) - 1n,
    -1n,
  ]);
  await archive.close();
});

test('two nodes make the tables at once, and again', async () => {
  const database = await fresh('migrated');
  const runs = await Promise.all([migrateDatabase(database), migrateDatabase(database)]);
  expect(runs.flat().toSorted()).toEqual([
    'postgres/0001-record.sql: done',
    'postgres/0001-record.sql: was there',
  ]);
  await database.close();
});

test('keeps what no table would take as it is: long names, and a NUL', async () => {
  const archive = new PostgresArchive(await fresh('odd'), Date.now);
  const odd = entry(
    1,
    { ticket_id: 'a\0b', client_id: 'x'.repeat(9000), reason: '\0\ud800' },
    { user: '\0' },
  );
  await writer(archive).add([odd]);
  const { events } = await search(archive, { newestFirst: false, limit: 10, client: 'x'.repeat(9000) });
  expect(events).toMatchObject([{ ticket_id: 'a\0b', user: '\0' }]);
  await archive.close();
});

test('away, it says so; back, the same writer goes on', async () => {
  const archive = new PostgresArchive(await fresh('away'), Date.now);
  const keeper = writer(archive);
  await keeper.add([entry(1)]);
  await postgres.kill();
  await expect(keeper.add([entry(2)])).rejects.toThrow(StoreUnavailable);
  await expect(archive.find({ limit: 1 })).rejects.toThrow(StoreUnavailable);
  await postgres.restart();
  await keeper.add([entry(1), entry(2)]);
  expect((await archive.links(0, 1, 10)).map(({ link }) => link)).toEqual([1, 2]);
  await archive.close();
});

test('a transaction bounds at the server how long it waits, and a connection asks for that of no pooler', async () => {
  const database = await fresh('bounds');
  const asked = "SELECT current_setting('idle_in_transaction_session_timeout') AS bound";
  const bound = await database.transaction(async (statements) => (await statements.query(asked)).rows[0]);
  expect(bound).toEqual({ bound: '10s' });
  expect((await database.query(asked)).rows).toEqual([{ bound: '0' }]);
  await database.close();
});

describe('gateways', () => {
  const name = 'gateway';
  let redis: Redis;
  let folder: TemporaryFolder;
  let receiver: WebhookReceiver;
  let warm: Warm;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    warm = startWarm();
    await (await fresh(name)).close();
    [redis, folder, receiver] = await Promise.all([startRedis(), temporaryFolder(), startWebhookReceiver()]);
    const webhooks = join(folder.path, 'webhooks.json');
    const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    await writeFile(webhooks, JSON.stringify([{ url: receiver.url, secret, private: true }]), {
      mode: 0o600,
    });
    env = {
      SCANGATE_WEBHOOKS_FILE: webhooks,
      SCANGATE_STORE: redis.url,
      SCANGATE_SECRETS: TEST_SECRETS,
      SCANGATE_PHONE_IDENTITY: 'demo',
      SCANGATE_ARCHIVE: addressOf(name),
    };
  }, BUSY_MS);

  afterAll(async () => {
    await warm?.stop();
    await receiver?.stop();
    await folder?.remove();
    await redis?.stop();
  });

  test(
    'keep the record there, sign in while it is away, and have and tell all of it later',
    async () => {
      await postgres.kill();
      const [gateway, away] = await Promise.all([
        startGateway({ env: { ...env, SCANGATE_ADMIN_LISTEN: 'off' } }),
        warm.scangate(['audit'], env),
      ]);
      expect(away.stderr).toMatch(/SCANGATE_ARCHIVE: PostgreSQL: /);
      await signIn(gateway.url, { name: 'ada' });
      const lines = (text: string): number => gateway.output().stdout.split(text).length - 1;
      await until(() => lines('the record cannot be kept now') > 0, {
        withinMs: BUSY_MS,
        what: 'a line of the outage',
      });
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
      await postgres.restart();
      await until(() => lines('the record is kept again') > 0, {
        withinMs: BUSY_MS,
        what: 'a line of its end',
      });
      const { ticket } = await signIn(gateway.url, { name: 'ada' });
      // How far the record went was not known while it was away: told is what came after it was found.
      const told = (): readonly string[] =>
        receiver.received
          .filter(({ body }) => body.data.ticket_id === ticket.ticketId)
          .map(({ body }) => body.type);
      await until(() => told().includes('opened'), { withinMs: BUSY_MS, what: 'the sign-in to be told' });
      expect(told()).toEqual(expect.arrayContaining(['minted', 'scanned', 'confirmed', 'redeemed']));
      await gateway.stop();
      expect(lines('the record cannot be kept now')).toBe(1);
      expect(gateway.output().stdout).not.toContain('none@');
    },
    BUSY_MS,
  );

  test(
    'their record there is searched, checked, and forgets',
    async () => {
      const [found, checked, migrated] = await Promise.all([
        warm.scangate(['audit', '--user', 'ada', '--json'], env),
        warm.scangate(['audit', 'verify'], env),
        warm.scangate(['migrate'], env),
      ]);
      const kinds = found.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as Facts).kind);
      expect(kinds.filter((kind) => kind === 'confirmed')).toHaveLength(2);
      expect(checked).toMatchObject({ status: 0, stderr: '' });
      expect(migrated.stdout).toContain('postgres/0001-record.sql: was there');

      const forgot = await warm.scangate(['forget', 'demo:ada'], env);
      expect(forgot).toMatchObject({ status: 0, stderr: '' });
      expect(forgot.stdout).toContain('of 2 tickets, tell of nobody any more');
      const [nobody, again] = await Promise.all([
        warm.scangate(['audit', '--user', 'ada'], env),
        warm.scangate(['audit', 'verify'], env),
      ]);
      expect(nobody).toMatchObject({ status: 0, stdout: '' });
      expect(again.stdout).toMatch(/ 0 breaks, 1[0-9] erased/);
    },
    BUSY_MS,
  );
});
