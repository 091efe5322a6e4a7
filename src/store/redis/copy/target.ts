import { StoreUnavailable, deadlineOf } from '../../event-store.ts';
import type { CopyItem, CopyTarget, EventItem, HeadItem, LedgerItem } from '../../copy.ts';
import { META_KEY, headKey, ledgerKey, partitionKeys } from '../../keys.ts';
import { partitionOf } from '../../subject.ts';
import { parseRedisAddress } from '../connection/address.ts';
import { formatHead } from '../format/head.ts';
import { partitionOfName } from '../format/ledger-partition.ts';
import { formatEntry } from '../format/log-entry.ts';
import { endOfHead } from '../format/rebuild-call.ts';
import { FORMAT, UNFINISHED_FORMAT, checkServer, readMeta } from '../setup/meta.ts';
import type { Meta } from '../setup/meta.ts';
import { PARTITIONS } from '../setup/prepare.ts';
import { openMasters, timeOf } from './masters.ts';
import type { Command, ConnectOnce, Masters } from './masters.ts';
import { KEYS, keysOf } from './scan.ts';

/** A gateway that said so within this time runs, in milliseconds. */
const ALIVE_MS = 5_000;

/** How a store on Redis is told. */
export interface RedisTargetOptions {
  /** `SCANGATE_STORE`. */
  readonly url: string;
  readonly connectOnce: ConnectOnce;
  readonly historyMs: number;
  /** How many the store is to have; undefined: as many as it has, or as its kind has by default. */
  readonly partitions: number | undefined;
  readonly randomText: () => string;
  /** Brings functions and meta key to this release. */
  readonly migrate: () => Promise<void>;
}

/** Opens the store on Redis to put a copy into it. @throws StoreUnavailable, and Error with one line */
export async function openRedisTarget(options: RedisTargetOptions): Promise<CopyTarget> {
  const address = parseRedisAddress(options.url);
  const access = { address, connectOnce: options.connectOnce };
  const first = await openMasters(access, 1);
  const meta = await readMeta(first.home.redis).finally(() => first.close());
  const partitions = options.partitions ?? meta?.partitions ?? PARTITIONS[address.kind];
  const masters = await openMasters(access, Math.max(partitions, meta?.partitions ?? 0));
  try {
    for (const { redis } of masters.all) await checkServer(redis);
    const now = await timeOf(masters.home);
    await refuseGateways(masters, now);
    return targetOf(masters, { ...options, partitions, now, occupied: await occupiedBy(masters, meta) });
  } catch (error) {
    masters.close();
    throw error;
  }
}

async function occupiedBy(masters: Masters, meta: Meta | undefined): Promise<CopyTarget['occupied']> {
  if (meta?.format === UNFINISHED_FORMAT) return 'unfinished';
  for (const master of masters.all) {
    for await (const keys of keysOf(master, KEYS.all)) if (keys.length > 0) return 'used';
  }
  return 'empty';
}

async function refuseGateways(masters: Masters, now: number): Promise<void> {
  for (const master of masters.all) {
    const counts = await master.ask(
      master.partitions.map((one) => ['ZCOUNT', partitionKeys(one).nodes, now - ALIVE_MS, '+inf'] as const),
    );
    if (counts.some((count) => Number(count) > 0))
      throw new StoreUnavailable('a gateway runs on the store: stop it first');
  }
}

interface Target extends RedisTargetOptions {
  readonly partitions: number;
  readonly now: number;
  readonly occupied: CopyTarget['occupied'];
}

function targetOf(masters: Masters, target: Target): CopyTarget {
  const { home } = masters;
  const { partitions, occupied } = target;
  return {
    occupied,

    async begin() {
      await home.ask([
        [
          'HSET',
          META_KEY,
          'format',
          UNFINISHED_FORMAT,
          'partitions',
          partitions,
          'epoch',
          target.randomText(),
        ],
      ]);
      for (const master of masters.all) {
        for await (const keys of keysOf(master, KEYS.all))
          await master.ask(keys.map((key) => ['UNLINK', key] as const));
      }
    },

    async put(items) {
      const commands = new Map<number, Command[]>();
      let count = 0;
      for (const item of items) {
        const { partition, given } = commandsOf(item, target);
        if (given === undefined) continue;
        count += 1;
        commands.set(partition, [...(commands.get(partition) ?? []), ...given]);
      }
      await Promise.all([...commands].map(([partition, some]) => masters.of(partition).ask(some)));
      return count;
    },

    async finish() {
      await refuseGateways(masters, await timeOf(masters.home));
      await home.ask([['HSET', META_KEY, 'format', FORMAT]]);
      await target.migrate();
    },

    close: async () => masters.close(),
  };
}

/** What puts an item there; undefined where its life has ended. */
interface Placed {
  readonly partition: number;
  readonly given: readonly Command[] | undefined;
}

function commandsOf(item: CopyItem, target: Target): Placed {
  switch (item.kind) {
    case 'head':
      return ofHead(item, target);
    case 'event':
      return ofEvent(item, target);
    default:
      return ofLedger(item, target);
  }
}

function ofHead({ head }: HeadItem, { partitions, now, historyMs }: Target): Placed {
  const { subject, final } = head;
  const partition = partitionOf(subject, partitions);
  const { due } = partitionKeys(partition);
  const end = endOfHead(head, final, historyMs);
  if (end <= now) return { partition, given: undefined };
  const agenda: Command = final ? ['ZREM', due, subject] : ['ZADD', due, deadlineOf(head), subject];
  return {
    partition,
    given: [['SET', headKey(partition, subject), formatHead(head, head), 'PXAT', end], agenda],
  };
}

function ofEvent(item: EventItem, { partitions, now }: Target): Placed {
  const { subject, version } = item.event;
  const partition = partitionOf(subject, partitions);
  const { log, firsts } = partitionKeys(partition);
  const entry: Command = ['XADD', log, '*', 'e', formatEntry(item)];
  return { partition, given: version === 1 ? [['ZADD', firsts, 'NX', now, subject], entry] : [entry] };
}

function ofLedger(item: LedgerItem, { partitions, now }: Target): Placed {
  const partition = partitionOfName(item.name, partitions);
  const key = ledgerKey(partition, item.kind, item.name);
  if (item.kind === 'set') {
    const living = item.members.filter(([, end]) => end > now);
    if (living.length === 0) return { partition, given: undefined };
    const last = Math.max(...living.map(([, end]) => end));
    const pairs = living.flatMap(([member, end]) => [end, member]);
    return {
      partition,
      given: [
        ['ZADD', key, ...pairs],
        ['PEXPIREAT', key, last],
      ],
    };
  }
  if (item.end <= now) return { partition, given: undefined };
  const text = item.kind === 'count' ? String(item.count) : item.value;
  return { partition, given: [['SET', key, text, 'PXAT', item.end]] };
}
