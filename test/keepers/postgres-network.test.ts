import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Database } from '../../src/keepers/postgres/database.ts';
import { PostgresArchive } from '../../src/keepers/postgres/postgres-archive.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { entry, writer } from '../contract/archive.ts';
import { makeCertificate } from '../delivery/front.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Postgres } from '../support/postgres.ts';
import { scangate } from '../support/scangate.ts';
import { until } from '../support/until.ts';

const LONG_MS = 300_000;
/** What waits for bounds of 10 s and more. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;

let folder: TemporaryFolder;
let postgres: Postgres;
let certificate: Awaited<ReturnType<typeof makeCertificate>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  certificate = await makeCertificate(folder.path);
  postgres = await startPostgres(certificate);
});

afterAll(async () => {
  await postgres?.stop();
  await folder?.remove();
});

test('a certificate that is not trusted, or of another name, is refused and named, and one that is right is taken', async () => {
  const { port } = new URL(postgres.url);
  const at = (host: string, query: string): string =>
    `postgres://scangate:none@${host}:${port}/postgres?${query}`;
  const ask = async (address: string): Promise<unknown> => {
    const database = new Database(address);
    try {
      const { rows } = await database.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      return rows[0]?.['ssl'];
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailable);
      return (error as Error).message;
    } finally {
      await database.close();
    }
  };
  const trusted = `sslrootcert=${encodeURIComponent(certificate.path)}`;
  for (const mode of ['require', 'verify-full'])
    expect(await ask(at('localhost', `sslmode=${mode}`))).toMatch(/^PostgreSQL: self-signed certificate/);
  expect(await ask(at('localhost', `sslmode=require&${trusted}`))).toBe(true);
  expect(await ask(at('localhost', `sslmode=verify-full&${trusted}`))).toBe(true);
  const other = await ask(at('127.0.0.2', `sslmode=verify-full&${trusted}`));
  expect(other).toMatch(/^PostgreSQL: (Hostname\/IP does not match|connect ECONNREFUSED)/);

  const env = {
    SCANGATE_STORE: 'redis://127.0.0.1:1',
    SCANGATE_ARCHIVE: at('localhost', 'sslmode=verify-full'),
  };
  const { status, stderr } = await scangate(['audit'], env);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/SCANGATE_ARCHIVE: PostgreSQL: self-signed certificate/);
  expect(stderr).not.toContain('none@');
});

/** An archive whose network is gone once the server answered this, and one beside it whose network stands. */
async function cutAt(name: string, answer: string) {
  const first = new Database(postgres.url);
  await first.query(`CREATE DATABASE ${name}`);
  await first.close();
  const address = new URL(postgres.url);
  address.pathname = name;
  let isArmed = false;
  const proxy = await startFaultProxy({
    port: Number(address.port),
    told: (chunk) => {
      if (!isArmed || !chunk.includes(answer)) return chunk;
      isArmed = false;
      // Nothing arrives any more on either side, not even that a side has hung up.
      proxy.set('toServer', { kind: 'hold' });
      proxy.set('toClient', { kind: 'hold' });
      return Buffer.alloc(0);
    },
  });
  const beside = new PostgresArchive(new Database(address.href), Date.now);
  address.port = String(proxy.port);
  const cut = new PostgresArchive(new Database(address.href), Date.now);
  await writer(cut).add([entry(1)]);
  return {
    cut,
    beside,
    arm: () => void (isArmed = true),
    reconnect: () => {
      proxy.set('toServer', { kind: 'none' });
      proxy.set('toClient', { kind: 'none' });
    },
    close: async () => {
      await proxy.stop();
      await Promise.all([cut.close(), beside.close()]);
    },
  };
}

whole(
  'a node whose network is gone in the middle of a write holds no chain for longer than its statements may take',
  async () => {
    const { cut, beside, arm, close } = await cutAt('middle', 'UPDATE 1');
    arm();
    await expect(writer(cut).add([entry(2)])).rejects.toThrow(StoreUnavailable);
    const other = writer(beside);
    await until(() => other.add([entry(2), entry(3)]).then(() => true), {
      withinMs: 120_000,
      everyMs: 100,
      what: 'a chain that another node may write',
    });
    expect((await beside.links(0, 1, 10)).map(({ id }) => id)).toEqual([1, 2, 3].map((at) => entry(at).id));
    await close();
  },
  LONG_MS,
);

whole(
  'a write whose answer never came is kept once, and the same writer goes on when its network is back',
  async () => {
    const { cut, beside, arm, reconnect, close } = await cutAt('answer', 'COMMIT');
    const keeper = writer(cut);
    await keeper.add([entry(2)]);
    arm();
    await expect(keeper.add([entry(3), entry(4)])).rejects.toThrow(StoreUnavailable);
    expect((await beside.links(0, 1, 10)).map(({ link }) => link)).toEqual([1, 2, 3, 4]);
    await expect(keeper.add([entry(3), entry(4)])).rejects.toThrow(StoreUnavailable);
    reconnect();
    await until(() => keeper.add([entry(3), entry(4), entry(5)]).then(() => true), {
      withinMs: 120_000,
      everyMs: 100,
      what: 'the same writer',
    });
    expect((await beside.links(0, 1, 10)).map(({ id }) => id)).toEqual(
      [1, 2, 3, 4, 5].map((at) => entry(at).id),
    );
    await close();
  },
  LONG_MS,
);
