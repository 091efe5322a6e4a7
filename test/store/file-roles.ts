import { randomUUID } from 'node:crypto';
import { appendFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable, cursorOfHead } from '../../src/store/event-store.ts';
import type { Append, EventStore } from '../../src/store/event-store.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import type { FileStore } from '../../src/store/file/open.ts';
import type { StoreSettings } from '../../src/store/store-settings.ts';
import type { Subject } from '../../src/store/subject.ts';
import { systemTime } from '../../src/time/system-time.ts';
import {
  MINTED,
  SCANNED,
  appendMaker,
  freshTicket,
  headOf,
  opened,
  seeded,
  sessionBeside,
} from '../contract/appends.ts';

export const SETTINGS: StoreSettings = { historyMs: 600_000, lifeMaxMs: 600_000, callTimeoutMs: 5_000 };
const LIFE = { ms: 300_000 };

export function openStore(folder: string, settings: StoreSettings = SETTINGS): Promise<FileStore> {
  return openFileStore({ folder, settings, time: systemTime, newId: randomUUID });
}

/** What the process does that `file-child.mjs` starts. */
export const roles: Record<string, (folder: string, seed: number) => Promise<void>> = {
  write: writeForever,
  hold: holdForever,
  fill: fillTheDisk,
  race: raceForRoom,
};

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function holdForever(folder: string): Promise<void> {
  await openStore(folder);
  say('ready');
  setInterval(() => {}, 1000);
}

/**
 * Walks whole tickets, several at once. Says `i` before an event is sent, and `a` once it was acknowledged; a
 * redemption and its session are one batch, said with a `+`.
 */
async function writeForever(folder: string, seed: number): Promise<void> {
  const { store } = await openStore(folder);
  say('ready');
  await Promise.all(Array.from({ length: 6 }, (_, i) => walkTickets(store, seed * 100 + i)));
}

async function walkTickets(store: EventStore, seed: number): Promise<void> {
  const random = seeded(seed);
  const { first, next } = appendMaker(random);
  async function send(...batch: Append[]): Promise<void> {
    const names = batch.map(({ subject, event }) => `${subject} ${event.id}`).join(' + ');
    say(`i ${names}`);
    const { outcome } = await store.append(batch);
    if (outcome !== 'appended') throw new Error(`${names}: ${outcome}`);
    say(`a ${names}`);
  }
  for (;;) {
    const ticket = freshTicket(random);
    await send(first(ticket, { type: 'minted', data: MINTED }, LIFE));
    await send(next(await headOf(store, ticket), SCANNED, { life: LIFE }));
    await send(next(await headOf(store, ticket), { type: 'confirmed', data: {} }, { life: LIFE }));
    const head = await headOf(store, ticket);
    await send(
      next(head, { type: 'redeemed', data: {} }),
      first(sessionBeside(ticket, random), opened(ticket, cursorOfHead(head)), LIFE),
    );
  }
}

/** How a store took a full disk. */
export interface FullDisk {
  readonly acknowledged: number;
  readonly refusals: readonly string[];
  readonly upWhileFull: boolean;
  readonly missingWhileFull: number;
  readonly acknowledgedAfterwards: number;
  readonly upAfterwards: boolean;
  readonly startOnFullDisk: string;
  readonly lost: number;
  readonly refusedButThere: number;
}

/** On a small disk: writes until it is full, makes room and goes on, starts on a full one, and looks what is there. */
async function fillTheDisk(folder: string, seed: number): Promise<void> {
  const random = seeded(seed);
  const { first } = appendMaker(random);
  const acknowledged: Subject[] = [];
  const doubtful: Subject[] = [];
  const refusals: string[] = [];
  const ballast = join(folder, 'ballast');
  let { store } = await openStore(folder);

  async function mint(): Promise<void> {
    const subject = freshTicket(random);
    try {
      await store.append([first(subject, { type: 'minted', data: MINTED }, LIFE)]);
      acknowledged.push(subject);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      doubtful.push(subject);
      refusals.push(error.message);
    }
  }

  writeFileSync(ballast, Buffer.alloc(512 * 1024));
  while (refusals.length < 20) await Promise.all(Array.from({ length: 1 + Math.floor(random() * 4) }, mint));
  const full = {
    acknowledged: acknowledged.length,
    upWhileFull: store.health().up,
    missingWhileFull: await missing(store, acknowledged),
  };
  rmSync(ballast);
  for (let i = 0; i < 20; i += 1) await mint();
  const afterwards = {
    acknowledgedAfterwards: acknowledged.length - full.acknowledged,
    upAfterwards: store.health().up,
  };
  await store.close();
  takeAllRoom(ballast);
  const startOnFullDisk = await openStore(folder).then(
    () => 'it started',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  rmSync(ballast);
  ({ store } = await openStore(folder));
  const lost = await missing(store, acknowledged);
  const refusedButThere = doubtful.length - (await missing(store, doubtful));
  await store.close();
  const result: FullDisk = { ...full, ...afterwards, refusals, startOnFullDisk, lost, refusedButThere };
  say(JSON.stringify(result));
}

/** What became of tickets that were minted while somebody else took the room that was there a moment ago. */
export interface Race {
  readonly acknowledged: number;
  readonly refused: number;
  readonly lost: number;
}

/** On a small disk: takes all room between a commit's look at the disk and its write, again and again. */
async function raceForRoom(folder: string, seed: number): Promise<void> {
  const random = seeded(seed);
  const { first } = appendMaker(random);
  const ballast = join(folder, 'ballast');
  const { store } = await openStore(folder);
  const acknowledged: Subject[] = [];
  let refused = 0;
  for (let round = 0; round < 24; round += 1) {
    const subjects = Array.from({ length: 10 }, () => freshTicket(random));
    const data = { ...MINTED, state: 'long'.repeat(1000) };
    const minted = subjects.map((subject) => store.append([first(subject, { type: 'minted', data }, LIFE)]));
    for (let turn = 0; turn < 1 + (round % 3); turn += 1) await new Promise(setImmediate);
    takeAllRoom(ballast);
    for (const [index, outcome] of (await Promise.allSettled(minted)).entries()) {
      if (outcome.status === 'fulfilled') acknowledged.push(subjects[index]!);
      else if (outcome.reason instanceof StoreUnavailable) refused += 1;
      else throw outcome.reason;
    }
    rmSync(ballast);
  }
  const lost = await missing(store, acknowledged);
  await store.close();
  const result: Race = { acknowledged: acknowledged.length, refused, lost };
  say(JSON.stringify(result));
}

function takeAllRoom(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(64 * 1024));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

async function missing(store: EventStore, subjects: readonly Subject[]): Promise<number> {
  let count = 0;
  for (const subject of subjects) {
    const { heads } = await store.read([subject]);
    if (heads[0] === null || (await store.history(subject)).length !== 1) count += 1;
  }
  return count;
}
