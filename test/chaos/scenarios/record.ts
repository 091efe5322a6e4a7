import { startPostgres } from '../../support/postgres.ts';
import { TEST_SECRETS } from '../../support/gateway.ts';
import { scangate } from '../../support/scangate.ts';
import { until } from '../../support/until.ts';
import { readTicketLog } from '../log.ts';
import type { TicketLog } from '../log.ts';
import { judgeRecord, readRecord } from '../record.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';
import { unnamedTamperings } from '../tampering.ts';
import { addGatewayUsers, cutOffGround } from './cut-off.ts';
import type { CutOffGround } from './cut-off.ts';

const GATEWAYS = 3;
const SIGN_INS = 400;
const CUT_OFF_MS = 12_000;
/** About as many as go on while nothing is broken, pulses among them: what is broken is broken under all of them. */
const OPEN_MAX = 40;
/** Between two faults: sign-ins go through, and the record keeps up. */
const CALM_MS = 4000;

const BACK = { withinMs: 300_000, everyMs: 500, what: 'a server that is back' };

const SETTINGS = {
  gatewayCount: GATEWAYS,
  signIns: SIGN_INS,
  patienceMs: 60_000,
  outageS: CUT_OFF_MS / 1000 + 8,
  rates: { signInsPerSecond: 16, pulsesPerSecond: 1, openMax: OPEN_MAX },
  // The log must still have everything when the record is held against it.
  env: { SCANGATE_HISTORY: 'PT2H', SCANGATE_AUDIT_REDIS_BYTES: String(2 ** 30) },
  play,
  judge,
} as const;

/** Gateways, masters and the network break in turn, until enough sign-ins have begun; then the record is held against all of it. */
export const recordScenarios: readonly AnyScenario[] = [
  scenario({
    ...SETTINGS,
    name: 'record-redis',
    title: 'the record in Redis: gateways and a master killed, a part cut off, a planned move',
    prepare: recordGround,
  }),
  scenario({
    ...SETTINGS,
    name: 'record-postgres',
    title: 'the record in PostgreSQL: the same, and PostgreSQL killed',
    prepare: async () => {
      const ground = await recordGround();
      const postgres = await startPostgres();
      return {
        ...ground,
        postgres,
        env: { SCANGATE_ARCHIVE: postgres.url },
        stop: async () => {
          await ground.stop();
          await postgres.stop();
        },
      };
    },
  }),
];

interface RecordGround extends CutOffGround {
  readonly postgres?: { kill(): Promise<void>; restart(): Promise<void> };
}

/** The first gateway can be cut off; the others share a side. */
async function recordGround(): Promise<RecordGround> {
  const ground = await cutOffGround();
  return { ...ground, urls: [ground.urls[0], ground.urls[1], ground.urls[1]] };
}

async function play(stage: Stage<RecordGround>): Promise<void> {
  const { load, signInsWanted, sleep, note, ignore } = stage;
  for (let gateway = 0; gateway < GATEWAYS; gateway += 1) ignore(gateway);
  const faults = [
    () => killGateway(stage, 0),
    () => killMaster(stage),
    () => killGateway(stage, 1),
    () => cutOff(stage),
    () => killArchive(stage),
    () => killGateway(stage, 2),
    () => planned(stage),
  ];
  let played = 0;
  while (played < faults.length || load.begun() < signInsWanted) {
    await faults[played % faults.length]!();
    played += 1;
    await sleep(CALM_MS);
  }
  note('faults', played);
}

async function killGateway({ gateways, sleep }: Stage<RecordGround>, index: number): Promise<void> {
  await gateways[index]!.kill();
  await sleep(1500);
  // A supervisor starts it again where it ended at once: it was told to come up while Redis moved.
  await until(() => gateways[index]!.restart().then(() => true), BACK);
}

async function killMaster({ ground }: Stage<RecordGround>): Promise<void> {
  const master = await ground.topology.master();
  await master.kill();
  await ground.topology.switched(master);
  await master.restart();
  await until(() => addGatewayUsers(master).then(() => true), BACK);
  await ground.topology.settled();
}

async function cutOff({ ground, sleep }: Stage<RecordGround>): Promise<void> {
  const master = await ground.topology.master();
  const heal = await ground.cutOff(master);
  await ground.topology.switched(master);
  await sleep(CUT_OFF_MS);
  await heal();
  await ground.topology.settled();
}

async function killArchive({ ground, sleep }: Stage<RecordGround>): Promise<void> {
  await ground.postgres?.kill();
  await sleep(3000);
  await ground.postgres?.restart();
}

async function planned({ ground }: Stage<RecordGround>): Promise<void> {
  await ground.topology.failover();
  await ground.topology.settled();
}

async function judge(stage: Stage<RecordGround>, log: TicketLog): Promise<void> {
  const { ground, chronicle, breach, note, unkept, gateways } = stage;
  const env = {
    SCANGATE_STORE: ground.urls[1],
    SCANGATE_SECRETS: TEST_SECRETS,
    SCANGATE_PHONE_IDENTITY: 'demo',
    ...SETTINGS.env,
    ...ground.env,
  };
  const lines = await readRecord(env, log);
  const later = await readTicketLog(await ground.masters());
  for (const { column, ticketId, why } of judgeRecord(lines, { log, later, chronicle }))
    breach(column, why, ticketId);
  note('entries', lines.length);
  note('superseded', lines.filter(({ kind }) => kind === 'superseded').length);
  await verify(env, 'while the gateways run');
  const keys = await (await fetch(`${gateways[1].url}/.well-known/scangate-record-keys`)).text();
  await Promise.all(
    gateways.map(async (gateway) => {
      gateway.signal('SIGTERM');
      await gateway.exited;
    }),
  );
  await verify(env, 'once they have ended');
  for (const why of await unnamedTamperings(env, keys)) unkept(`an export ${why}`);

  async function verify(given: Readonly<Record<string, string>>, when: string): Promise<void> {
    const { status, stdout, stderr } = await scangate(['audit', 'verify'], given);
    if (status !== 0)
      unkept(`audit verify ended with ${status} ${when}: ${stdout.slice(-600)}${stderr.slice(-600)}`);
  }
}
