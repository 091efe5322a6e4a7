import type { Log } from '../../telemetry/log.ts';
import type { TransportEvents } from './transport.ts';

/** Writes why connections ended: one line each at `debug`, and nothing but a look at the level otherwise. */
export function endLog(log: Log): TransportEvents['ended'] {
  return (connection, why, unread) => {
    if (!log.isLevelEnabled('debug')) return;
    const { requestId: req, subject, transport } = connection;
    const left = unread && { unreadBytes: unread.bytes, unreadMs: Math.round(unread.ms) };
    log.debug({ req, subject, transport, why, ...left }, 'a held connection ended');
  };
}
