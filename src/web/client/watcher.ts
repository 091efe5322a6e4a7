import { makeInquiry, type Inquiry } from './inquiry.ts';
import { makeLadder, type Ladder } from './ladder.ts';
import { makeNews } from './news.ts';
import { endsWatch, type Notice } from './notice.ts';
import type { Cancel, Platform, Wake } from './platform.ts';
import type { Access, Transport, TransportName } from './transport.ts';
import { makeUpkeep, type Upkeep } from './upkeep.ts';
import { HEARTBEAT_MS, SILENCE_MS, startWatchdog } from './watchdog.ts';

/** What a watcher tells. */
export interface WatcherEvents {
  notice(notice: Notice): void;
  connection(online: boolean, transport: TransportName): void;
  /** The gateway no longer knows the ticket, and its time is over. */
  gone(): void;
}

/**
 * Watches one ticket until it is confirmed or final, over whatever works, and never gives up before. A connection brings
 * the news; an inquiry for the ticket itself is made wherever the connection is in doubt.
 */
export function watchTicket(
  platform: Platform,
  access: Access,
  transports: readonly [Transport, ...Transport[]],
  first: Notice,
  events: WatcherEvents,
): Cancel {
  const news = makeNews(platform, first, () => inquiry.ask());
  const ladder = makeLadder(transports);
  const watchdog = startWatchdog(platform.clock, SILENCE_MS, () => upkeep.doubt());
  const inquiry = makeInquiry(platform, access, () => news.cursor(), {
    found(notice, since) {
      hear(notice, since);
      upkeep.expectNews();
    },
    failed(status) {
      tellOnline(false);
      if (status !== 404 || news.leftMs() > 0) return;
      stop();
      events.gone();
    },
  });
  const upkeep = makeUpkeep(platform, ladder, inquiry, () => news.cursor(), {
    opens: watchClosely,
    notice: hear,
    alive: () => watchdog.touch(),
  });
  const sleepless = platform.onWake((wake) => onWake(wake, ladder, upkeep, inquiry));

  function tellOnline(online: boolean): void {
    events.connection(online, ladder.current().name);
  }

  function hear(notice: Notice, since: string): void {
    tellOnline(true);
    accept(notice, since);
  }

  function accept(notice: Notice, since: string): void {
    if (!news.take(notice, since)) return;
    if (endsWatch(notice)) stop();
    else watchClosely();
    events.notice(notice);
  }

  /** Once scanned a decision is near, so a transport whose heartbeats are hidden is checked more often. */
  function watchClosely(): void {
    const close = news.notice().status === 'scanned' && !ladder.current().audible;
    watchdog.allow(close ? HEARTBEAT_MS : SILENCE_MS);
  }

  function stop(): void {
    upkeep.stop();
    news.stop();
    watchdog.stop();
    inquiry.stop();
    sleepless();
  }

  ladder.rest(platform.isHidden());
  accept(first, first.cursor);
  upkeep.open();
  return stop;
}

/** A page that nobody sees gives its scarce connection away, and asks at once when it is seen again. */
function onWake(wake: Wake, ladder: Ladder, upkeep: Upkeep, inquiry: Inquiry): void {
  const before = ladder.current();
  ladder.rest(wake === 'hidden');
  if (wake === 'returned') {
    upkeep.restart();
    return;
  }
  if (ladder.current() !== before) upkeep.open();
  if (wake === 'hidden') return;
  inquiry.hurry();
  inquiry.ask();
}
