import type { Outage } from '../../telemetry/outages.ts';
import { seldom } from '../../telemetry/seldom.ts';
import { systemTime } from '../../time/system-time.ts';
import type { Delivery } from '../../webhooks/courier.ts';
import { shownAddress } from '../../webhooks/receiver.ts';
import type { Receiver } from '../../webhooks/receiver.ts';
import type { Telling } from '../telling.ts';

/** Where it is told what becomes of messages. */
export interface Deliveries {
  readonly onDelivery: (receiver: Receiver, delivery: Delivery) => void;
  readonly onWaiting: (receiver: Receiver, count: number) => void;
  /** Told of messages that were let go undelivered. */
  readonly onGone: (count: number) => void;
  /** Told of audit events that the record let go before they were read for receivers. @param count undefined: nobody knows. */
  readonly onLost: (count: number | undefined) => void;
  /** Whether one of this id is told now. */
  readonly isFollowed: (receiver: string) => boolean;
  /** These are the receivers from now on. */
  readonly follow: (receivers: readonly Receiver[]) => void;
}

/** What is counted, shown at nought from the start. */
const OUTCOMES = ['delivered', 'failed', 'dead', 'let_go'] as const;

/** Counts deliveries, and says when a receiver goes away and comes back. */
export function tellDeliveries({ log, metrics, outages }: Telling): Deliveries {
  for (const outcome of OUTCOMES) metrics.webhooks.inc({ outcome }, 0);
  const rarely = seldom(() => systemTime.now());
  const away = new Map<string, Outage>();
  const waiting = new Map<string, number>();
  let named: ReadonlySet<string> = new Set();

  function outageOf(receiver: Receiver): Outage {
    const known = away.get(receiver.id);
    if (known !== undefined) return known;
    const outage = outages.about('webhook', { webhook: receiver.id, address: shownAddress(receiver) });
    away.set(receiver.id, outage);
    return outage;
  }

  function count(): void {
    metrics.webhooksWaiting.set([...waiting.values()].reduce((sum, each) => sum + each, 0));
  }

  return {
    onDelivery(receiver, delivery) {
      metrics.webhooks.inc({ outcome: delivery.kind });
      // What still becomes of messages to one that is none any more begins no outage, and no figure.
      const outage = named.has(receiver.id) ? outageOf(receiver) : undefined;
      if (delivery.kind === 'delivered') return outage?.worked('deliver');
      const { cause, why } = delivery;
      outage?.failed('deliver', { cause, why });
      if (delivery.kind === 'dead')
        rarely(`dead ${receiver.id}`, (untold) =>
          log.error(
            { webhook: receiver.id, address: shownAddress(receiver), event: delivery.id, cause, untold },
            'a webhook message is a dead letter: it was tried for more than a day',
          ),
        );
    },
    onWaiting(receiver, messages) {
      if (!named.has(receiver.id)) return;
      waiting.set(receiver.id, messages);
      count();
    },
    onGone(gone) {
      metrics.webhooks.inc({ outcome: 'let_go' }, gone);
      const why = 'webhook messages were let go undelivered: more waited than may';
      rarely('gone', (untold) => log.error({ count: gone + untold }, why), gone);
    },
    onLost(lost) {
      metrics.webhooks.inc({ outcome: 'let_go' }, lost ?? 0);
      if (lost === undefined)
        log.error('the record or the queues began anew: webhooks may not have had all of it');
      else
        rarely(
          'lost',
          (untold) =>
            log.error({ count: lost + untold }, 'audit events were let go before webhooks had them'),
          lost,
        );
    },
    isFollowed: (receiver) => named.has(receiver),
    follow(receivers) {
      named = new Set(receivers.map(({ id }) => id));
      for (const [id, outage] of away) {
        if (named.has(id)) continue;
        outage.end();
        away.delete(id);
      }
      for (const id of waiting.keys()) if (!named.has(id)) waiting.delete(id);
      count();
    },
  };
}
