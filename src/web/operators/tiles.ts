import { write } from './element.ts';
import type { Picture } from './picture.ts';
import { countText, durationText, tenthText } from './text.ts';

const MINUTE_MS = 60_000;

/** The four figures on top: this node, the last five minutes. */
export function showTiles({ recent, waiting }: Picture): void {
  const minutes = Math.max(1, recent.ms / MINUTE_MS);
  write('tile-rate', tenthText(recent.redeemed / minutes));
  write('tile-rate-more', `${tenthText(recent.minted / minutes)} begun a minute`);
  const counts = Object.entries(waiting).map(([, count]) => count);
  write('tile-waiting', countText(counts.reduce((sum, count) => sum + count, 0)));
  const { sse = 0, poll = 0, socket = 0 } = waiting;
  write('tile-waiting-more', `${sse} stream · ${poll} poll · ${socket} socket`);
  write('tile-delivery', recent.p99_ms === null ? '–' : durationText(recent.p99_ms));
  write('tile-delivery-more', recent.p99_ms === null ? 'nobody was told anything' : 'from event to browser');
  write('tile-refused', countText(recent.refused));
  write('tile-refused-more', `in the last ${durationText(recent.ms)}`);
}
