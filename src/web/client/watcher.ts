import { createBackoff } from './backoff.ts';
import { createConnection } from './connection.ts';
import { createCountdown } from './countdown.ts';
import { createInquiry } from './inquiry.ts';
import { createLadder } from './ladder.ts';
import { endsWatch, type Notice } from './notice.ts';
import type { Cancel, Platform, Wake } from './platform.ts';
import { createPosition } from './position.ts';
import type { Access, End, Transport, TransportName } from './transport.ts';
import { HEARTBEAT_MS, SILENCE_MS, startWatchdog } from './watchdog.ts';

const SOONEST_MS = 500;

/** What a watcher tells. */
export interface WatcherEvents {
  notice(notice: Notice): void;
  connection(online: boolean, transport: TransportName): void;
  /** The gateway no longer knows the ticket, and its time is over. */
  gone(): void;
}

/**
 * Watches one ticket until it is confirmed or final, over whatever works, and never gives up before.
 *
 * Whatever looks wrong (an end, an error, a silence) leads to one inquiry for the ticket itself. Its answer decides: the
 * gateway cannot be reached, so wait and ask again; or it can, so the fault is the transport's, and the next is tried.
 */
export function watchTicket(
  platform: Platform,
  access: Access,
  transports: readonly [Transport, ...Transport[]],
  first: Notice,
  events: WatcherEvents,
): Cancel {
  const { clock } = platform;
  const position = createPosition(first);
  const ladder = createLadder(transports);
  const backoff = createBackoff(() => platform.random());
  const countdown = createCountdown(clock);
  const watchdog = startWatchdog(clock, SILENCE_MS, onSilence);
  let stopped = false;
  let outages = 0;
  let cancelRefresh: Cancel = () => {};

  const connection = createConnection(clock, ladder, () => position.cursor(), {
    alive: () => watchdog.touch(),
    notice(notice, since) {
      ladder.prove();
      backoff.reset();
      tellOnline(true);
      accept(notice, since);
    },
    end: onEnd,
    mute: () => fail(true),
  });
  const inquiry = createInquiry(platform, access, () => position.cursor(), {
    found(notice, since) {
      tellOnline(true);
      accept(notice, since);
      connection.expectNews();
    },
    failed(status) {
      outages += 1;
      tellOnline(false);
      if (status !== 404 || countdown.leftMs() > 0) return;
      stop();
      events.gone();
    },
  });
  const sleepless = platform.onWake(onWake);

  function tellOnline(online: boolean): void {
    events.connection(online, ladder.current().name);
  }

  function accept(notice: Notice, since: string): void {
    if (!position.take(notice, since)) return;
    countdown.set(notice.expires_in_ms);
    if (endsWatch(notice)) {
      stop();
    } else {
      watchClosely();
      refreshLater(notice);
    }
    events.notice(notice);
  }

  /** Once scanned a decision is near, so a transport whose heartbeats are hidden is checked more often. */
  function watchClosely(): void {
    const close = position.notice().status === 'scanned' && !ladder.current().audible;
    watchdog.allow(close ? HEARTBEAT_MS : SILENCE_MS);
  }

  /** Rotation is not pushed and a deadline may pass unheard, so both are asked for. */
  function refreshLater(notice: Notice): void {
    const rotatesMs = notice.scan?.rotates_in_ms ?? notice.expires_in_ms;
    const dueMs = Math.max(SOONEST_MS, Math.min(rotatesMs, notice.expires_in_ms));
    cancelRefresh();
    cancelRefresh = clock.after(dueMs + platform.random() * 250, () => inquiry.ask());
  }

  function open(delayMs?: number): void {
    if (stopped) return;
    watchClosely();
    connection.open(delayMs);
  }

  function onEnd(end: End): void {
    connection.close();
    if (end.kind === 'over') inquiry.ask(() => open(backoff.nextMs()));
    else if (end.kind === 'refused') fail(true);
    else if (end.kind === 'return' && ladder.proven()) open(end.afterMs);
    else fail(false, end.afterMs);
  }

  /** The connection is given up; whether the transport is to blame, an inquiry tells. */
  function fail(forGood: boolean, afterMs = 0): void {
    connection.close();
    const turn = connection.turn();
    const outagesBefore = outages;
    inquiry.ask(() => {
      if (turn !== connection.turn()) return;
      const before = ladder.current();
      if (outages === outagesBefore) ladder.strike(forGood);
      open(ladder.current() === before ? backoff.nextMs(afterMs) : 0);
    });
  }

  function onSilence(): void {
    if (ladder.current().audible) fail(false);
    else inquiry.ask();
  }

  function onWake(wake: Wake): void {
    const before = ladder.current();
    ladder.rest(wake === 'hidden');
    if (wake === 'returned') {
      connection.close();
      ladder.restart();
      inquiry.hurry();
      inquiry.ask(() => open());
      return;
    }
    if (ladder.current() !== before) open();
    if (wake === 'hidden') return;
    inquiry.hurry();
    inquiry.ask();
  }

  function stop(): void {
    stopped = true;
    connection.close();
    cancelRefresh();
    watchdog.stop();
    inquiry.stop();
    sleepless();
  }

  ladder.rest(platform.isHidden());
  accept(first, first.cursor);
  open();
  return stop;
}
