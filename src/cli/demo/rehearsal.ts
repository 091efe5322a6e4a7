import { randomBytes } from 'node:crypto';
import { openStores } from '../../compose/store/stores.ts';
import { readConfig } from '../../config/config.ts';
import { ticketSubject } from '../../store/subject.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';
import { Crowd } from './crowd.ts';
import { startNode } from './node.ts';
import type { Node } from './node.ts';
import { Processes } from './processes.ts';
import { redisProgram } from './redis-program.ts';
import { startRedisSet } from './redis-set.ts';
import type { RedisSet } from './redis-set.ts';
import { rowsText } from './rows-text.ts';
import { isKept, judge, totalOf } from './verdict.ts';
import type { Act } from './verdict.ts';

/** What a rehearsal was asked for. */
export interface RehearsalAsked {
  /** How many gateways. */
  readonly nodes: number;
  /** Whether something is broken meanwhile. */
  readonly breaks: boolean;
  /** How many sign-ins end in each act before the next one begins. */
  readonly people: number;
}

type Print = (who: string, what: string) => void;

const PROGRESS_MS = 1000;
/** A silence that is worth a word, in milliseconds. */
const SILENCE_MS = 700;

/**
 * Gateways on a Redis with replicas and Sentinels, all processes of this machine, and people who sign in all the while.
 * With `breaks` the Redis master is killed, then a gateway. In the end all that was said yes to is looked up in the log.
 *
 * @returns failed when anything was lost, doubled, told wrongly or left without an end.
 * @throws NotPlayed
 */
export async function rehearse(asked: RehearsalAsked, { say, tell }: Terminal): Promise<Status> {
  const startedAt = performance.now();
  const print: Print = (who, what) => {
    const at = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${at.padStart(5)} s  ${who.padEnd(8)} ${what}\n`);
    tell({ seconds: Number(at), who, what });
  };
  const program = redisProgram(process.env);
  const processes = new Processes();
  try {
    const redis = await startRedisSet(processes, program);
    print('redis', `a master (port ${(await redis.master()).port}), two replicas and three Sentinels are up`);
    const secrets = randomBytes(32).toString('base64url');
    const { nodes, settings } = await startNodes(processes, asked.nodes, redis, secrets);
    print('gateways', `ready: ${nodes.map(({ url }) => url).join(', ')}`);
    const crowd = new Crowd(nodes.map(({ url }) => url));
    const acts = await play(asked, crowd, { redis, nodes }, print);
    const tickets = crowd.signIns.flatMap(({ ticketId }) => ticketId ?? []);
    const rows = judge(acts, crowd.signIns, await logOf(settings, tickets));
    const all = [...rows, ...(rows.length > 1 ? [totalOf(rows)] : [])];
    say(`\n${rowsText(all)}\n`);
    tell({ rows: all });
    const kept = rows.every(isKept);
    print(
      'verdict',
      kept ? 'nothing was lost, nothing happened twice, everybody got an answer' : 'a promise was broken',
    );
    return kept ? STATUS.done : STATUS.failed;
  } finally {
    processes.end();
  }
}

async function startNodes(
  processes: Processes,
  count: number,
  { url }: RedisSet,
  secrets: string,
): Promise<{ nodes: readonly [Node, ...Node[]]; settings: Readonly<Record<string, string>> }> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await processes.freePort());
  const settings = {
    SCANGATE_STORE: url,
    SCANGATE_SECRETS: secrets,
    SCANGATE_PUBLIC_URL: `http://localhost:${ports[0]!}`,
  };
  // The first one makes the store; the others find it.
  const first = await startNode(processes, ports[0]!, settings);
  const others = await Promise.all(ports.slice(1).map((port) => startNode(processes, port, settings)));
  return { nodes: [first, ...others], settings };
}

/** Plays act after act while people sign in, and waits until everybody has ended. */
async function play(
  { breaks, people }: RehearsalAsked,
  crowd: Crowd,
  { redis, nodes }: { readonly redis: RedisSet; readonly nodes: readonly Node[] },
  print: Print,
): Promise<readonly Act[]> {
  const acts: Act[] = [];
  const begin = (title: string): void => {
    crowd.act = acts.push({ title, fromMs: performance.now() }) - 1;
  };
  const runs = crowd.run();
  const progress = setInterval(() => print('people', countsOf(crowd)), PROGRESS_MS);
  try {
    begin('nothing broken');
    print('people', 'begin to sign in, eight a second');
    await crowd.ended(people);
    if (breaks) {
      begin('the Redis master killed');
      await breakRedis(redis, print);
      await crowd.ended(people);
    }
    const victim = nodes[1];
    if (breaks && victim === undefined) print('gateways', 'the only one is not killed');
    if (breaks && victim !== undefined) {
      begin('a gateway killed');
      await breakNode(victim, print);
      await crowd.ended(people);
    }
    crowd.stop();
    print('people', 'nobody begins any more; who has begun goes on');
    await runs;
  } finally {
    crowd.abandon();
    clearInterval(progress);
  }
  print('people', countsOf(crowd));
  return acts;
}

async function breakRedis(redis: RedisSet, print: Print): Promise<void> {
  const master = await redis.master();
  print('BREAK', `kill -9 ${master.pid}: the Redis master is gone`);
  const killedAt = performance.now();
  const port = await master.kill();
  const tookS = ((performance.now() - killedAt) / 1000).toFixed(1);
  print('redis', `the Sentinels made the replica at port ${port} the master, ${tookS} s after the kill`);
}

async function breakNode(node: Node, print: Print): Promise<void> {
  print('BREAK', `kill -9 ${node.pid}: the gateway at ${node.url} is gone; its browsers go to another one`);
  await node.kill();
  await node.restart();
  print('gateways', `${node.url} is started again, and ready`);
}

function countsOf(crowd: Crowd): string {
  const counts = `${crowd.signedIn} signed in, ${crowd.underWay} under way`;
  const silentMs = performance.now() - crowd.lastYesMs;
  if (crowd.underWay === 0 || crowd.lastYesMs === 0 || silentMs < SILENCE_MS) return counts;
  return `${counts}; no yes for ${(silentMs / 1000).toFixed(1)} s`;
}

/** The types of these tickets' events, as the store has them now. */
async function logOf(
  settings: Readonly<Record<string, string>>,
  ticketIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const opened = await openStores(readConfig({ ...settings, SCANGATE_PHONE_IDENTITY: 'demo' }));
  try {
    const log = new Map<string, readonly string[]>();
    for (const id of ticketIds) {
      const events = await opened.store.history(ticketSubject(id));
      log.set(
        id,
        events.map(({ type }) => type),
      );
    }
    return log;
  } finally {
    await opened.close();
  }
}
