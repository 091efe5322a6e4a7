import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, TicketStatus } from '../support/signin.ts';
import { until } from '../support/until.ts';
import type { Play } from './row.ts';
import { CLIENT_ID } from './stage.ts';
import type { Stage } from './stage.ts';

/** A reader that follows one ticket. */
export interface Listening {
  /**
   * What it was told: `heard <notice>` a message, `stray <text>` for one that is no notice, `closed` at its end; and
   * `asked` each time that it opens a WebSocket, which the gateway's log does not show.
   */
  lines(): readonly string[];
  stop(): Promise<unknown>;
}

/** Starts a reader on a ticket whose secret is a bearer. */
export type Listen = (ticket: Minted) => Promise<Listening>;

/** In which a reader that has not understood the end would ask again. */
const SILENCE_MS = 5000;
/** Requests that end after the last notice: the stream which told it, and one more, which says to stop. */
const ASKS_MAX = 2;
const ASKED = /"route":"\/v1\/tickets\/:id\/(events|socket)"/g;

/** What is played with a reader. */
export function playReader(stage: Stage, listen: Listen): Play {
  const { gateway, here } = stage;

  async function follow(
    play: (ticket: Minted, told: Told, asks: () => number) => Promise<void>,
  ): Promise<void> {
    const ticket = await mint(gateway.url, { clientId: CLIENT_ID, redirectUri: `${here}/` });
    const listening = await listen(ticket);
    const asks = (): number =>
      (gateway.output().stdout.match(ASKED)?.length ?? 0) +
      listening.lines().filter((line) => line === 'asked').length;
    try {
      await play(ticket, toldBy(listening), asks);
    } finally {
      await listening.stop();
    }
  }

  async function approve(ticket: Minted, told: Told): Promise<void> {
    await told('pending');
    const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
    await told('scanned');
    expectStatus(await confirm(gateway.url, scanned), 200);
    expectExactly(await told('confirmed'), ['pending', 'scanned', 'confirmed']);
  }

  return {
    'told each state': () => follow(approve),
    'goes on after a restart': () =>
      follow(async (ticket, told) => {
        await told('pending');
        await gateway.restart();
        await approve(ticket, told);
      }),
    'stops at the end': () =>
      follow(async (ticket, told, asks) => {
        await approve(ticket, told);
        const before = asks();
        await sleep(SILENCE_MS);
        const more = asks() - before;
        if (more > ASKS_MAX) throw new Error(`it asked ${more} times more after the end`);
        expectExactly(await told('confirmed'), ['pending', 'scanned', 'confirmed']);
      }),
  };
}

/** Waits until a state was told; all that was told until then. */
type Told = (status: TicketStatus) => Promise<readonly string[]>;

function toldBy(listening: Listening): Told {
  const told = (): readonly string[] =>
    listening.lines().flatMap((line) => {
      if (line === 'asked') return [];
      const [, notice] = /^heard (.*)$/.exec(line) ?? [];
      return notice === undefined ? line : (JSON.parse(notice) as { readonly status: string }).status;
    });
  return async (status) => {
    try {
      return await until(() => told().includes(status) && told(), { what: status });
    } catch (error) {
      throw new Error(`it was told ${JSON.stringify(told())} and never ${status}`, { cause: error });
    }
  };
}

function expectExactly(told: readonly string[], wanted: readonly string[]): void {
  const states = told.filter((line) => line !== 'closed');
  if (states.join() !== wanted.join()) throw new Error(`it was told ${states.join(', ')}`);
}
