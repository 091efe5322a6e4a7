import type { RecordTurn } from '../../record/keeping/recorder.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { seldom } from '../../telemetry/seldom.ts';

interface Parts {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'recordEvents' | 'recordFailures'>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Counts what is moved, and says when the archive goes away and comes back; what may go on for long once a minute. */
export function tellRecord({ log, metrics, now }: Parts, onKept: () => void): (turn: RecordTurn) => void {
  for (const outcome of ['kept', 'lost', 'dropped', 'superseded']) metrics.recordEvents.inc({ outcome }, 0);
  const rarely = seldom(now);
  let isAway = false;
  let hasKept = false;
  return (turn) => {
    if (turn.kind === 'away') {
      metrics.recordFailures.inc();
      if (!isAway) log.error({ err: turn.error }, 'the record cannot be kept now; events wait for it');
      isAway = true;
      hasKept = false;
      return;
    }
    if (turn.kind === 'looked') {
      if (isAway && hasKept) log.info('the record is kept again');
      isAway &&= !hasKept;
      return;
    }
    metrics.recordEvents.inc({ outcome: turn.kind }, turn.count);
    const { kind, count } = turn;
    rarely(kind, (untold) => tellOf(log, kind, count + untold), count);
    if (kind === 'dropped') return;
    hasKept = true;
    if (kind === 'kept' && count > 0) onKept();
  };
}

function tellOf(log: Log, kind: 'kept' | 'lost' | 'dropped' | 'superseded', count: number): void {
  if (kind === 'lost') log.error({ count }, 'events were let go before the record had them');
  if (kind === 'superseded')
    log.warn({ count }, 'a failover took back events that the record had: it says of which');
  if (kind === 'dropped')
    log.warn({ count }, 'the record is full: its oldest entries went before they were old');
}
