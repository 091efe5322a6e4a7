import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import type { Random } from '../support/random.ts';
import { Chronicle } from './chronicle.ts';
import type { Observation } from './chronicle.ts';
import { judgedInTime, lookAtAll } from './ends.ts';
import { startLoad } from './load.ts';
import type { Rates } from './load.ts';
import { readTicketLog } from './log.ts';
import { lateness } from './lateness.ts';
import { delaysToTruth, eventsPerSecond, percentile, secondsWithoutWrites } from './measures.ts';
import type { AnyScenario, Ground, Prepared, Stage } from './scenario.ts';
import type { SignInSettings } from './sign-in.ts';
import { COLUMNS, judgeRemains } from './verdict.ts';
import type { Breach, Column, Pardon, Remains } from './verdict.ts';

/** What one scenario came to: a row of the table. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly signIns: number;
  readonly acknowledged: number;
  readonly broken: Readonly<Record<Column, number>>;
  readonly resets: number;
  readonly withoutWritesS: number;
  readonly p99Ms: number;
  readonly notes: Readonly<Record<string, number | string>>;
  /** How sign-ins ended. */
  readonly endings: Readonly<Record<string, number>>;
  /** The first of the broken promises. */
  readonly breaches: readonly Breach[];
  /** What took longer than it may. */
  readonly late: readonly string[];
  /** What else was promised and not kept. */
  readonly unkept: readonly string[];
  /** It broke while it was played: what it shows is worth nothing. */
  readonly failure?: string;
  /** This machine cannot play it. */
  readonly skipped?: string;
}

const WARM_UP_MS = 1500;
const COOL_DOWN_MS = 1500;
const PATIENCE_MS = 20_000;
const THINK_MS = [20, 700] as const;
const GATEWAYS = 2;
/** Until a gateway is ready at first: other scenarios start their servers meanwhile, and what it takes is not judged. */
const START_MS = 120_000;
const RATES: Rates = { signInsPerSecond: 8, pulsesPerSecond: 12 };
/** After the last sign-in has ended, how long browsers and gateways may take until one more of them agrees with the log. */
const BOUND_MS = 10_000;
const PULSES_ASKED = 40;
const BREACHES_KEPT = 25;
const ENDINGS_SAID = 4;

/** What a run was asked for, of each row. */
interface Asked {
  readonly without: readonly string[];
  readonly signIns: number | undefined;
}

/** Plays one scenario on a ground that is ready, and judges what it left. Ends the gateways; the ground is the caller's. */
export async function playScenario(
  scenario: AnyScenario,
  { ground, play, judge }: Prepared,
  random: Random,
  { without, signIns = scenario.signIns ?? 0 }: Asked,
): Promise<Row> {
  const start = performance.now();
  const gateways = await startGateways(scenario, ground, without);
  const chronicle = new Chronicle();
  const settings = signInSettings(gateways, chronicle, scenario);
  try {
    const load = startLoad(settings, { ...RATES, ...scenario.rates }, random.fork());
    const ignored = new Set<number>();
    const notes: Record<string, number | string> = {};
    const own: Breach[] = [];
    const unkept: string[] = [];
    let judgedWrites = (_ticketId: string): boolean => true;
    let pardon: Pardon = {};
    const stage: Stage<Ground> = {
      ground,
      gateways,
      chronicle,
      load,
      random,
      signInsWanted: signIns,
      signIns: settings,
      sleep: (ms) => sleep(ms),
      ignore: (gateway) => void ignored.add(gateway),
      judgeWrites: (whose) => void (judgedWrites = whose),
      note: (name, value) => void (notes[name] = value),
      breach: (column, why, ticketId = '-') => void own.push({ column, ticketId, why }),
      unkept: (why) => void unkept.push(why),
      pardon: (given) => void (pardon = given),
    };
    await sleep(WARM_UP_MS);
    const loadedMs = Date.now();
    await play(stage).catch((error: unknown) => {
      throw new Error(`the scenario could not be played: ${String(error)}`, { cause: error });
    });
    await sleep(COOL_DOWN_MS);
    const untilMs = Date.now();
    const leftOver = await load.finish((scenario.patienceMs ?? PATIENCE_MS) + BOUND_MS);
    if (leftOver > 0) notes['unfinished'] = leftOver;

    const { remains, breaches } = await settle(stage, settings, { pardon: () => pardon, ...scenario });
    await judge(stage, remains.log);
    const all = [...breaches, ...own];
    const counted = COLUMNS.map((column) => [
      column,
      all.filter((breach) => breach.column === column).length,
    ]);
    const { acknowledged, observed } = remains;
    const withoutWritesS = secondsWithoutWrites(
      acknowledged.filter(({ ticketId }) => judgedWrites(ticketId)),
      gateways.map((_, index) => index).filter((index) => !ignored.has(index)),
      loadedMs,
      untilMs,
    );
    const p99Ms = percentile(
      delaysToTruth(observed, remains.log, acknowledged, scenario.skewed === undefined),
      0.99,
    );
    return {
      name: scenario.name,
      title: scenario.title,
      seconds: Math.round((performance.now() - start) / 1000),
      signIns: settings.tickets.length,
      acknowledged: acknowledged.length,
      broken: Object.fromEntries(counted) as Record<Column, number>,
      resets: observed.flatMap(({ told }) => told).filter(({ reset }) => reset).length,
      withoutWritesS,
      p99Ms,
      notes,
      endings: Object.fromEntries(chronicle.endings),
      breaches: all.slice(0, BREACHES_KEPT).map((breach) => withConnections(breach, observed)),
      late: lateness(scenario, { withoutWritesS, p99Ms, switchS: notes['switch s'] }),
      unkept: [...unkept, ...tooFewEvents(scenario, notes, eventsPerSecond(remains.log, loadedMs, untilMs))],
    };
  } catch (error) {
    const said = gateways.map((gateway) => Object.values(gateway.output()).join('').slice(-1500));
    throw new Error(`${String(error)}\n${said.join('\n---\n')}`, { cause: error });
  } finally {
    for (const browser of settings.browsers) browser.stop();
    await Promise.all(gateways.map((gateway) => endGateway(gateway)));
  }
}

/** Says how the browsers' connections ended, where a browser was left without outcome. */
function withConnections(breach: Breach, observed: readonly Observation[]): Breach {
  if (breach.column !== 'without outcome') return breach;
  const endings = observed
    .filter(({ ticketId }) => ticketId === breach.ticketId)
    .flatMap((observation) => observation.endings.slice(-ENDINGS_SAID));
  return { ...breach, why: `${breach.why} (connections: ${endings.join(', ') || 'open'})` };
}

/** All have one public address, as behind a balancer. */
async function startGateways(
  scenario: AnyScenario,
  ground: Ground,
  without: readonly string[],
): Promise<readonly [Gateway, Gateway, ...Gateway[]]> {
  const [port] = await freePorts(1);
  const start = async (gateway: number, own?: number): Promise<Gateway> =>
    startGateway({
      ...(own !== undefined && { port: own }),
      withinMs: START_MS,
      env: {
        SCANGATE_STORE: ground.urls[gateway % ground.urls.length],
        SCANGATE_PUBLIC_URL: `http://localhost:${port!}`,
        SCANGATE_LOG_LEVEL: 'warn',
        SCANGATE_TEST_WITHOUT: without.length > 0 ? without.join(',') : undefined,
        ...ground.env,
        ...scenario.env,
        ...(await scenario.envOf?.(gateway)),
      },
    });
  const started = [await start(0, port)];
  try {
    const { gatewayCount = GATEWAYS } = scenario;
    while (started.length < gatewayCount) started.push(await start(started.length));
    return started as [Gateway, Gateway, ...Gateway[]];
  } catch (error) {
    await Promise.all(started.map(endGateway));
    throw error;
  }
}

/** Notes how many events a second the store took, where the scenario says how many there must be. */
function tooFewEvents(
  { eventsPerSecondMin }: AnyScenario,
  notes: Record<string, number | string>,
  perSecond: number,
): string[] {
  if (eventsPerSecondMin === undefined) return [];
  notes['events a second'] = perSecond;
  return perSecond >= eventsPerSecondMin
    ? []
    : [`${perSecond} events a second, and not ${eventsPerSecondMin}`];
}

async function endGateway(gateway: Gateway): Promise<void> {
  await gateway.kill();
  await gateway.stop();
}

function signInSettings(
  gateways: readonly Gateway[],
  chronicle: Chronicle,
  { patienceMs = PATIENCE_MS, sticky = false, thinkMs = THINK_MS }: AnyScenario,
): SignInSettings {
  return {
    chronicle,
    bases: gateways.map(({ url }, gateway) => ({ gateway, url })),
    redirectUri: `${gateways[0]!.url}/demo/callback`,
    tickets: [],
    pulses: [],
    browsers: [],
    thinkMs,
    patienceMs,
    sticky,
  };
}

/** Judges, and judges again while only time is missing, until the bound has passed. */
async function settle(
  { ground, chronicle, gateways }: Stage<Ground>,
  { tickets, pulses }: SignInSettings,
  { pardon, forgets = false }: { readonly pardon: () => Pardon; readonly forgets?: boolean },
): Promise<{ remains: Remains; breaches: Breach[] }> {
  const judgeOnce = async (): Promise<{
    judged: { remains: Remains; breaches: Breach[] };
    open: number;
  }> => {
    const asked = [...tickets, ...pulses.slice(-PULSES_ASKED)];
    const before = await readTicketLog(await ground.masters());
    const told = (
      await Promise.all(gateways.map((gateway, index) => lookAtAll(asked, gateway, index)))
    ).flat();
    const ends = told.filter(({ answer }) => !forgets || answer !== 404);
    const log = await readTicketLog(await ground.masters());
    const { acknowledged, observed, redeemed } = chronicle;
    const remains = { log, before, acknowledged, observed, redeemed, ends, pardon: pardon() };
    const breaches = judgeRemains(remains);
    const open = breaches.filter(({ column }) => column === 'without outcome' || column === 'phantom').length;
    return { judged: { remains, breaches }, open };
  };
  return await judgedInTime(judgeOnce, { boundMs: BOUND_MS, everyMs: 700 });
}
