import type { Ladder } from './ladder.ts';
import { parseNotice, versionOf, type Notice } from './notice.ts';
import type { Cancel, Clock } from './platform.ts';
import type { End } from './transport.ts';
import { makeTurns, type Turn } from './turns.ts';

/** A push transport says something this soon after opening, or it is held back by something on the way. */
const PROOF_MS = 6000;
/** What was learnt elsewhere reaches an open connection this soon, or the connection is deaf. */
const GRACE_MS = 2000;

/** What a connection tells. After `end` or `mute` it is for the owner to close it. */
export interface ConnectionEvents {
  /** `since` is the cursor that was known when the connection was opened. */
  notice(notice: Notice, since: string): void;
  /** A sign of life; told before each notice too. */
  alive(): void;
  end(end: End): void;
  /** It is open, yet what it should have brought did not come. */
  mute(): void;
}

/** At most one open connection, over the ladder's current transport. */
export interface Connection {
  /** Opens a new one in place of the old, now or later. */
  open(delayMs?: number): void;
  /** Another way has brought news: they must come this way too. */
  expectNews(): void;
  /** Lasts until the next opening or closing. */
  turn(): Turn;
  close(): void;
}

/** A connection that is closed. `cursor` is asked for the newest one that is known. */
export function makeConnection(
  clock: Clock,
  ladder: Ladder,
  cursor: () => string,
  events: ConnectionEvents,
): Connection {
  const turns = makeTurns();
  let heard: string | undefined;
  let cancelOpening: Cancel = () => {};
  let cancelDoubt: Cancel = () => {};

  function close(): void {
    heard = undefined;
    cancelOpening();
    cancelDoubt();
    turns.end();
  }

  function isBehind(): boolean {
    return heard !== undefined && versionOf(heard) < versionOf(cursor());
  }

  function openNow(): void {
    close();
    const turn = turns.now();
    const transport = ladder.current();
    const since = cursor();
    const unproven = transport.pushes && !ladder.proven();
    heard = since;
    events.alive();
    if (unproven) cancelDoubt = clock.after(PROOF_MS, () => events.mute());
    // Without a cursor the gateway tells the state at once, which proves that this way carries anything at all.
    const cancel = transport.open(() => (unproven ? undefined : cursor()), {
      notice: (text) => turn.run(() => onNotice(text, since)),
      alive: () => turn.run(() => events.alive()),
      end: (end) => turn.run(() => events.end(end)),
    });
    turn.hold(cancel);
  }

  function onNotice(text: string, since: string): void {
    const notice = parseNotice(text);
    if (!notice) return;
    heard = notice.cursor;
    cancelDoubt();
    events.alive();
    events.notice(notice, since);
  }

  return {
    open(delayMs) {
      cancelOpening();
      if (delayMs === undefined) openNow();
      else cancelOpening = clock.after(delayMs, openNow);
    },
    expectNews() {
      if (!isBehind()) return;
      cancelDoubt();
      cancelDoubt = clock.after(GRACE_MS, () => {
        if (isBehind()) events.mute();
      });
    },
    turn: () => turns.now(),
    close,
  };
}
