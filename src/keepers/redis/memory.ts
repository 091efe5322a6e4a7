import type { RecordCalls } from '../../store/redis/outbox/record-calls.ts';

/** How much of the server's `maxmemory` may be used before the record and webhooks take no more: sign-ins need the rest. */
const MEMORY_SHARE = 0.8;

/** The server's memory, as INFO tells it. */
const MEMORY = `return redis.call('INFO', 'memory')`;

/** Whether the server's memory is needed for sign-ins. @throws StoreUnavailable */
export async function isMemoryScarce(calls: Pick<RecordCalls, 'ask'>): Promise<boolean> {
  const text = String(await calls.ask(MEMORY));
  const bytes = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const most = bytes('maxmemory');
  return most > 0 && bytes('used_memory') > most * MEMORY_SHARE;
}
