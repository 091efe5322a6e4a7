import { createBackoff } from './backoff.ts';
import { createCountdown } from './countdown.ts';
import { createInquiry } from './inquiry.ts';
import { createLadder } from './ladder.ts';
import { endsWatch, parseNotice, versionOf, type Notice } from './notice.ts';
import type { Cancel, Platform, Wake } from './platform.ts';
import { createPosition } from './position.ts';
import type { Access, End, Transport, TransportName } from './transport.ts';
import { HEARTBEAT_MS, SILENCE_MS, startWatchdog } from './watchdog.ts';

/** A push transport says something this soon after opening, or it is held back by something on the way. */
const PROOF_MS = 6000;
/** What an inquiry learnt reaches an open connection this soon, or the connection is deaf. */
const GRACE_MS = 2000;
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
  const watchdog = startWatchdog(clock, SILENCE_MS, () => onSilence());
  let stopped = false;
  let connected = false;
  let generation = 0;
  let outages = 0;
  let heard = first.cursor;
  let cancelConnection: Cancel = () => {};
  let cancelOpening: Cancel = () => {};
  let cancelProof: Cancel = () => {};
  let cancelGrace: Cancel = () => {};
  let cancelRefresh: Cancel = () => {};

  const inquiry = createInquiry(platform, access, () => position.cursor(), {
    found(notice, since) {
      online(true);
      accept(notice, since);
      if (!stopped && heard !== position.cursor()) awaitHearing();
    },
    failed(status) {
      outages += 1;
      online(false);
      if (status === 404 && countdown.leftMs() === 0) finish(() => events.gone());
    },
  });
  const sleepless = platform.onWake(onWake);

  function online(now: boolean): void {
    events.connection(now, ladder.current().name);
  }

  function finish(last: () => void): void {
    stop();
    last();
  }

  function accept(notice: Notice, since: string): void {
    if (!position.take(notice, since)) return;
    countdown.set(notice.expires_in_ms);
    if (endsWatch(notice)) {
      finish(() => events.notice(notice));
      return;
    }
    watchClosely();
    refreshLater(notice);
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

  function awaitHearing(): void {
    const mine = generation;
    cancelGrace();
    cancelGrace = clock.after(GRACE_MS, () => {
      if (mine === generation && connected && versionOf(heard) < versionOf(position.cursor())) fail(true);
    });
  }

  function close(): void {
    generation += 1;
    connected = false;
    cancelConnection();
    cancelConnection = () => {};
    cancelOpening();
    cancelProof();
    cancelGrace();
  }

  function open(): void {
    close();
    if (stopped) return;
    const mine = generation;
    const transport = ladder.current();
    const since = position.cursor();
    const unproven = transport.pushes && !ladder.proven();
    // Without a cursor the gateway tells the state at once, which proves that this way carries anything at all.
    const cursor = (): string | undefined => (unproven ? undefined : position.cursor());
    const live = (run: () => void): void => {
      if (mine === generation && !stopped) run();
    };
    connected = true;
    heard = since;
    watchdog.touch();
    watchClosely();
    if (unproven) cancelProof = clock.after(PROOF_MS, () => fail(true));
    const cancel = transport.open(cursor, {
      notice: (text) => live(() => onNotice(text, since)),
      alive: () => live(() => watchdog.touch()),
      end: (end) => live(() => onEnd(end)),
    });
    if (mine === generation) cancelConnection = cancel;
    else cancel();
  }

  function onNotice(text: string, since: string): void {
    const notice = parseNotice(text);
    if (!notice) return;
    watchdog.touch();
    cancelProof();
    ladder.prove();
    backoff.reset();
    heard = notice.cursor;
    online(true);
    accept(notice, since);
  }

  function onEnd(end: End): void {
    close();
    if (end.kind === 'return' && ladder.proven()) openAfter(end.afterMs);
    else if (end.kind === 'return') fail(false, end.afterMs);
    else if (end.kind === 'broken') fail(false, end.afterMs);
    else if (end.kind === 'refused') fail(true);
    else inquiry.ask(() => openAfter(backoff.nextMs()));
  }

  /** The connection is given up; whether the transport is to blame, an inquiry tells. */
  function fail(forGood: boolean, afterMs = 0): void {
    close();
    const mine = generation;
    const outagesBefore = outages;
    inquiry.ask(() => {
      if (stopped || mine !== generation) return;
      const before = ladder.current();
      if (outages === outagesBefore) ladder.strike(forGood);
      openAfter(ladder.current() === before ? backoff.nextMs(afterMs) : 0);
    });
  }

  function openAfter(delayMs: number): void {
    cancelOpening();
    if (!stopped) cancelOpening = clock.after(delayMs, open);
  }

  function onSilence(): void {
    if (ladder.current().audible) fail(false);
    else inquiry.ask();
  }

  function onWake(wake: Wake): void {
    const before = ladder.current();
    ladder.rest(wake === 'hidden');
    if (wake !== 'returned') {
      if (ladder.current() !== before) open();
      if (wake === 'visible') {
        inquiry.hurry();
        inquiry.ask();
      }
      return;
    }
    inquiry.hurry();
    close();
    ladder.restart();
    inquiry.ask(open);
  }

  function stop(): void {
    stopped = true;
    close();
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
