import { makeBackoff } from './backoff.ts';
import { makeConnection } from './connection.ts';
import type { Inquiry } from './inquiry.ts';
import type { Ladder } from './ladder.ts';
import type { Notice } from './notice.ts';
import type { Platform } from './platform.ts';
import type { End } from './transport.ts';

/** What a connection that is kept up tells. */
export interface UpkeepEvents {
  /** One is about to be opened, now or soon. */
  opens(): void;
  /** `since` is the cursor that was known when the connection was opened. */
  notice(notice: Notice, since: string): void;
  /** A sign of life; told before each notice too. */
  alive(): void;
}

/** A connection that is opened again whenever it ends, until it is stopped. */
export interface Upkeep {
  open(delayMs?: number): void;
  /** Nothing was heard for too long. */
  doubt(): void;
  /** No open connection can be trusted, and everything may work again. */
  restart(): void;
  /** Another way has brought news: they must come this way too. */
  expectNews(): void;
  stop(): void;
}

/**
 * Keeps a connection up. Whatever looks wrong leads to an inquiry. Its answer decides: the gateway could not be reached,
 * so the transport may be fine; or it could, so the fault is the transport's, and the next is tried.
 */
export function makeUpkeep(
  platform: Platform,
  ladder: Ladder,
  inquiry: Inquiry,
  cursor: () => string,
  events: UpkeepEvents,
): Upkeep {
  const backoff = makeBackoff(() => platform.random());
  let stopped = false;
  const connection = makeConnection(platform.clock, ladder, cursor, {
    alive: () => events.alive(),
    notice(notice, since) {
      ladder.prove();
      backoff.reset();
      events.notice(notice, since);
    },
    end: onEnd,
    mute: () => giveUp(true),
  });

  function open(delayMs?: number): void {
    if (stopped) return;
    events.opens();
    connection.open(delayMs);
  }

  function onEnd(end: End): void {
    connection.close();
    if (end.kind === 'over') inquiry.ask(() => open(backoff.nextMs()));
    else if (end.kind === 'refused') giveUp(true);
    else if (end.kind === 'return' && ladder.proven()) open(end.afterMs);
    else giveUp(false, end.afterMs);
  }

  function giveUp(forGood: boolean, afterMs = 0): void {
    connection.close();
    const turn = connection.turn();
    const failures = inquiry.failures();
    const reopen = (): void => {
      const before = ladder.current();
      if (failures === inquiry.failures()) ladder.strike(forGood);
      open(ladder.current() === before ? backoff.nextMs(afterMs) : 0);
    };
    inquiry.ask(() => turn.run(reopen));
  }

  return {
    open,
    doubt() {
      if (ladder.current().audible) giveUp(false);
      else inquiry.ask();
    },
    restart() {
      connection.close();
      ladder.restart();
      inquiry.hurry();
      inquiry.ask(() => open());
    },
    expectNews: () => connection.expectNews(),
    stop() {
      stopped = true;
      connection.close();
    },
  };
}
