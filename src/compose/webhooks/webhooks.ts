import type { Config } from '../../config/config.ts';
import { webhookSettings } from '../../config/rooms/webhooks.ts';
import { systemTime } from '../../time/system-time.ts';
import { every } from '../../time/time.ts';
import { Couriers } from '../../webhooks/couriers.ts';
import { FanOut } from '../../webhooks/fan-out.ts';
import { receiverCall } from '../../webhooks/receiver-call.ts';
import type { Closable } from '../assembly.ts';
import { makeOutward } from '../outward.ts';
import type { ReadRecord } from '../record/record.ts';
import type { OpenStores } from '../store/stores.ts';
import type { Telling } from '../telling.ts';
import { tellDeliveries } from './deliveries.ts';
import { openQueue } from './queues.ts';
import { followReceivers, receiversOf } from './receivers.ts';

/** Webhooks of a gateway: they go on by themselves. */
export interface OpenWebhooks extends Closable {
  /** Reads the file of receivers now. */
  look(): void;
}

/** What webhooks are made of. */
export interface WebhookParts {
  readonly telling: Telling;
  readonly record: ReadRecord;
  readonly stores: Pick<OpenStores, 'recordCalls'>;
}

/** How often the record is read for receivers, whether it was told to have moved or not, and each queue looked at; in milliseconds. */
const LOOK_MS = 1000;

/** Opens webhooks beside the record; without a file of receivers nothing is opened. @throws BadSetting, StoreRefused */
export async function openWebhooks(
  config: Config,
  { telling, record, stores }: WebhookParts,
): Promise<OpenWebhooks> {
  const { file, timeoutMs } = webhookSettings(config);
  if (file === undefined) return { look: () => undefined, close: () => undefined };
  const { archive } = record;
  const deliveries = tellDeliveries(telling);
  deliveries.follow(receiversOf(config));
  const { queue, trustedMs } = await openQueue(config, stores, deliveries);
  const receivers = followReceivers(config, telling.log);
  const couriers = new Couriers({
    queue,
    archive,
    call: receiverCall(makeOutward(config, telling.tracing, timeoutMs), () => systemTime.wallNow()),
    time: systemTime,
    lookMs: LOOK_MS,
    trustedMs,
    ...deliveries,
  });
  const fanOut = new FanOut({
    archive,
    queue,
    receivers: receivers.all,
    time: systemTime,
    onPut: (ids) => couriers.poke(ids),
    onLost: deliveries.onLost,
  });
  const reading = telling.outages.about('webhook_reading');
  const look = (): void => {
    if (!record.holds()) return;
    // What cannot be read now is read at the next look.
    fanOut.look().then(
      () => reading.worked('read'),
      (error: unknown) => reading.failed('read', { cause: 'unavailable', why: String(error) }),
    );
  };
  // Where the record is away now, it is begun at the first look that finds it.
  await fanOut.begin().catch(() => undefined);
  receivers.onChange((next) => {
    deliveries.follow(next);
    couriers.follow(next);
  });
  deliveries.follow(receivers.all());
  couriers.follow(receivers.all());
  record.onKept(look);
  const endLooking = every(systemTime, LOOK_MS, look);
  look();
  return {
    look: receivers.look,
    async close() {
      endLooking();
      await receivers.close();
      await fanOut.close();
      await couriers.close();
      await queue.close();
    },
  };
}
