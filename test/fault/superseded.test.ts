import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TEST_SECRETS, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Postgres } from '../support/postgres.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelTopology } from '../support/sentinel.ts';
import { cancel, confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

interface Line {
  readonly id: string;
  readonly kind: string;
  readonly cursor?: string;
  readonly user?: string;
  readonly superseded?: { readonly id: string; readonly kind: string };
}

let topology: SentinelTopology;
let postgres: Postgres;
let gateway: Gateway;
let env: Readonly<Record<string, string>>;

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  [topology, postgres] = await Promise.all([startSentinelTopology({ replicas: 1 }), startPostgres()]);
  env = {
    SCANGATE_STORE: topology.url,
    SCANGATE_SECRETS: TEST_SECRETS,
    SCANGATE_PHONE_IDENTITY: 'demo',
    SCANGATE_ARCHIVE: postgres.url,
    SCANGATE_DURABILITY: 'acknowledged',
    SCANGATE_FAILOVER_GRACE: 'PT1S',
    // Nothing expires meanwhile.
    SCANGATE_TICKET_LIFE: 'PT1H',
    SCANGATE_TICKET_LIFE_MAX: 'PT1H',
    SCANGATE_CODE_LIFE: 'PT10M',
  };
  gateway = await startGateway({ env: { ...env, SCANGATE_ADMIN_LISTEN: 'off' } });
});

afterAll(async () => {
  await warm.stop();
  await gateway?.stop();
  await postgres?.stop();
  await topology?.stop();
});

async function recordOf(ticketId: string): Promise<readonly Line[]> {
  const { stdout } = await warm.scangate(['audit', '--ticket', ticketId, '--json'], env);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line);
}

function recorded(ticketId: string, kind: string): Promise<Line> {
  return until(async () => (await recordOf(ticketId)).find((line) => line.kind === kind), {
    everyMs: 100,
    what: `${kind} in the record`,
  });
}

test('what the record has and a failover took back is followed by `superseded`', async () => {
  const ticket = await mint(gateway.url);
  const { ticketId } = ticket;
  const scanned = await scan(gateway.url, readScanCode(ticket.notice), 'ada');
  await recorded(ticketId, 'scanned');

  const master = await topology.master();
  const [replica] = await topology.replicas();
  const offset = async (): Promise<unknown> => (await replica!.info('replication'))['slave_repl_offset'];
  await until(async () => (await offset()) === (await master.info('replication'))['master_repl_offset'], {
    what: 'a replica that has it all',
  });
  await master.ask('ACL', 'SETUSER', 'default', '-psync', '-sync');
  await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
  expect((await confirm(gateway.url, scanned.body, 'ada')).status).toBe(200);
  const confirmed = await recorded(ticketId, 'confirmed');

  await Promise.all([gateway.kill(), master.kill()]);
  await topology.switched(master);
  await gateway.restart();
  expect((await cancel(ticket, gateway.url)).status).toBe(204);
  await recorded(ticketId, 'cancelled');
  const superseded = await recorded(ticketId, 'superseded');
  expect(superseded).toMatchObject({
    cursor: confirmed.cursor,
    user: 'ada',
    superseded: { id: confirmed.id, kind: 'confirmed' },
  });
  expect((await recordOf(ticketId)).map(({ kind }) => kind).toSorted()).toEqual(
    ['minted', 'scanned', 'confirmed', 'cancelled', 'superseded'].toSorted(),
  );
  const shown = await warm.scangate(['audit', '--kind', 'superseded'], env);
  expect(shown.stdout).toContain(`a failover took back confirmed ${confirmed.id}`);
  const history = await fetch(`${gateway.url}/v1/history`, { headers: { authorization: 'Bearer demo-ada' } });
  expect(await history.json()).toEqual({ sign_ins: [] });
  await gateway.stop();
  expect(await warm.scangate(['audit', 'verify'], env)).toMatchObject({ status: 0, stderr: '' });
});
