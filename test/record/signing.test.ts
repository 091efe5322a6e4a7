import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chained } from '../../src/cli/audit/export-lines.ts';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import type { ChainHead } from '../../src/record/chain/link.ts';
import { recordKeyJwk, signedHead } from '../../src/record/chain/signed-head.ts';
import { Verification } from '../../src/record/chain/verification.ts';
import { SortableIds } from '../../src/record/ids/sortable-ids.ts';
import { Recorder } from '../../src/record/keeping/recorder.ts';
import type { RecorderOptions } from '../../src/record/keeping/recorder.ts';
import { keepSigning } from '../../src/record/keeping/signing.ts';
import type { OutboxBatch } from '../../src/store/outbox.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const PARTITIONS = [0, 1];
const SECOND_MS = 1000;

let folder: TemporaryFolder;
let archive: Archive;
let time: VirtualTime;
let log: Log;

beforeEach(async () => {
  folder = await temporaryFolder();
  archive = await openFileArchive(folder.path);
  time = new VirtualTime(Date.UTC(2026, 5, 1));
  log = new Log();
});

afterEach(async () => {
  await archive.close();
  await folder.remove();
});

/** What was written and not read yet, of each partition. */
class Log {
  #waiting = new Map<number, OutboxBatch['events'][number][]>();
  #written = 0;

  write(partition: number, at = time.wallNow()): void {
    this.#written += 1;
    const event = { subject: `ticket:t${this.#written}`, version: 1, deadline: 0, type: 'minted', schema: 1 };
    const stored = { ...event, data: '{}', id: `1-${this.#written}`, at } as OutboxBatch['events'][number];
    this.#waiting.set(partition, [...(this.#waiting.get(partition) ?? []), stored]);
  }

  next(partition: number): OutboxBatch | null {
    const events = this.#waiting.get(partition) ?? [];
    if (events.length === 0) return null;
    const acknowledge = async (): Promise<void> => void this.#waiting.delete(partition);
    return { partition, events, lost: null, acknowledge };
  }
}

/** A node that has the partitions as long as it `holds`. */
interface Node {
  holds: boolean;
  readonly recorder: Recorder;
}

function startNode(number: number, into = archive): Node {
  const node = { holds: true };
  const recorder = new Recorder({
    outbox: { partitions: PARTITIONS, next: async (partition: number) => log.next(partition) },
    store: { read: async () => ({ heads: [] }) },
    archive: into,
    ids: new SortableIds({ node: () => number, time, randomMark: () => 0 }),
    time,
    makeKey: () => randomBytes(32),
    holds: () => node.holds,
    ownChain: () => undefined,
    onTurn: () => undefined,
    signHead: (chain: number, head: ChainHead) => signedHead(privateKey, chain, head),
  } as unknown as RecorderOptions);
  return Object.assign(node, { recorder });
}

/** The kinds of a chain's entries, in its order. */
async function kindsOf(chain: number): Promise<readonly unknown[]> {
  const links = await archive.links(chain, 1, 1000);
  return links.map(({ text }) => (JSON.parse(text) as { kind: unknown }).kind);
}

/** What `audit verify` names, and what it says waits. */
async function verified(): Promise<{ named: readonly string[]; waiting: number }> {
  const verification = new Verification([recordKeyJwk(privateKey)]);
  const readAt = time.wallNow();
  const named: string[] = [];
  for await (const part of chained(archive))
    if (part.kind === 'entries')
      for (const kept of part.entries) named.push(...verification.next(kept).map(({ what }) => what));
  named.push(...verification.end(readAt).map(({ what }) => what));
  return { named, waiting: verification.waiting(readAt).length };
}

test('chains are signed though each node that has them is killed before its own minute is over', async () => {
  for (let number = 1; number <= 6; number += 1) {
    const { recorder } = startNode(number);
    let signing = Promise.resolve();
    const kill = keepSigning({
      time,
      sign: () => (signing = recorder.sign()),
      isToSign: () => recorder.isToSign(),
    });
    for (let seconds = 0; seconds < 50; seconds += 5) {
      PARTITIONS.forEach((partition) => log.write(partition));
      await recorder.moved();
      await time.passSlowly(5 * SECOND_MS);
      await signing;
      expect((await verified()).named).toEqual([]);
    }
    kill();
  }
  expect(await verified()).toMatchObject({ waiting: PARTITIONS.length });
});

test('a node signs what stands at the end of a chain that it has had before, though nothing comes behind it', async () => {
  const [one, other] = [startNode(1), startNode(2)];
  log.write(0);
  await one.recorder.sign();
  one.holds = false;
  await one.recorder.moved();
  log.write(0);
  await other.recorder.moved();
  other.holds = false;
  one.holds = true;
  expect(one.recorder.isToSign()).toBe(false);
  await one.recorder.moved();
  expect(one.recorder.isToSign()).toBe(true);
  await one.recorder.sign();
  expect(one.recorder.isToSign()).toBe(false);
  expect(await kindsOf(0)).toEqual(['minted', 'head', 'minted', 'head']);
});

test('a minute that found another node at a chain signs it, though this one never saw that it was away', async () => {
  const [one, other] = [startNode(1), startNode(2)];
  log.write(0);
  await one.recorder.sign();
  log.write(0);
  await other.recorder.moved();
  for (const { recorder } of [one, other]) {
    await recorder.sign();
    expect(await kindsOf(0)).toEqual(['minted', 'head', 'minted', 'head']);
  }
});

test('a chain that cannot be signed holds up no other, and is to be signed until it is', async () => {
  let isAway = true;
  const away = new Proxy(archive, {
    get(target, name) {
      if (name === 'head')
        return async (chain: number) => {
          if (isAway && chain === 0) throw new StoreUnavailable('away');
          return await target.head(chain);
        };
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  PARTITIONS.forEach((partition) => log.write(partition));
  await startNode(1).recorder.moved();
  const { recorder } = startNode(2, away);
  await recorder.sign();
  expect(await kindsOf(1)).toEqual(['minted', 'head']);
  expect(recorder.isToSign()).toBe(true);
  isAway = false;
  await recorder.sign();
  expect(recorder.isToSign()).toBe(false);
  expect(await kindsOf(0)).toEqual(['minted', 'head']);
});

test('what is old when it is kept is to be signed soon, and what is young waits for the minute', async () => {
  const { recorder } = startNode(1);
  log.write(0);
  await recorder.moved();
  expect(recorder.isToSign()).toBe(false);
  log.write(1, time.wallNow() - 100 * SECOND_MS);
  await recorder.moved();
  expect(recorder.isToSign()).toBe(true);
});

describe('signing is kept up', () => {
  /** When it was signed, in seconds after the beginning. */
  async function signedAt(seconds: number, isToSign: () => boolean): Promise<readonly number[]> {
    const begunAt = time.now();
    const times: number[] = [];
    const end = keepSigning({
      time,
      sign: async () => void times.push((time.now() - begunAt) / SECOND_MS),
      isToSign,
    });
    await time.passSlowly(seconds * SECOND_MS);
    end();
    await time.passSlowly(200 * SECOND_MS);
    return times;
  }

  test('each minute, and no more once it has ended', async () => {
    expect(await signedAt(130, () => false)).toEqual([60, 120]);
  });

  test('at once where it is asked for, and again, less often, while it fails', async () => {
    expect(await signedAt(30, () => true)).toEqual([1, 3, 7, 15, 23]);
  });
});
