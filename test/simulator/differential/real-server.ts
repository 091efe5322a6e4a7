import { Redis as Client } from 'ioredis';
import type { Reply } from '../server/reply.ts';

/** What a real server answered to one command, and its clock before and after it, in milliseconds with a fraction. */
export interface TimedReply {
  readonly reply: Reply;
  readonly before: number;
  readonly after: number;
}

/** Takes some keys apart in one step, or all of them: `{ time, { key, type, when it ends, content } … }`. */
const DUMP = `
local all = { redis.call('TIME') }
for _, key in ipairs(#KEYS > 0 and KEYS or redis.call('KEYS', '*')) do
  local kind, content = redis.call('TYPE', key).ok
  if kind == 'none' then content = false
  elseif kind == 'string' then content = redis.call('GET', key)
  elseif kind == 'hash' then content = redis.call('HGETALL', key)
  elseif kind == 'set' then content = redis.call('SMEMBERS', key)
  elseif kind == 'zset' then content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  else content = redis.call('XRANGE', key, '-', '+') end
  all[#all + 1] = { key, kind, redis.call('PEXPIRETIME', key), content }
end
return all`;

/** What a real server keeps, by key, and when it was looked at. */
export interface RealDump {
  readonly now: number;
  readonly keys: ReadonlyMap<string, Reply>;
}

/** A real redis-server, asked in bytes. */
export class RealServer {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client({ host: '127.0.0.1', port, protocol: 2, retryStrategy: () => null });
    this.#client.on('error', () => {});
  }

  async run(args: readonly string[]): Promise<TimedReply> {
    const [name = '', ...rest] = args;
    const results = await this.#client
      .pipeline()
      .time()
      .callBuffer(name, ...rest.map((text) => Buffer.from(text, 'latin1')))
      .time()
      .exec();
    const [before, own, after] = results ?? [];
    return {
      reply: own?.[0] ? { error: own[0].message } : toReply(own?.[1]),
      before: millisecondsOf(before?.[1]),
      after: millisecondsOf(after?.[1]),
    };
  }

  /** What it keeps, by key: everything, or some keys. */
  async dump(keys: readonly string[] = []): Promise<RealDump> {
    const reply = toReply(await this.#client.callBuffer('EVAL', DUMP, keys.length, ...keys));
    const [time, ...found] = reply as readonly (readonly Reply[])[];
    const there = found.filter(([, kind]) => kind !== 'none');
    return { now: millisecondsOf(time), keys: new Map(there.map(([key, ...rest]) => [key as string, rest])) };
  }

  close(): void {
    this.#client.disconnect();
  }
}

function toReply(value: unknown): Reply {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (value instanceof Error) return { error: value.message };
  if (Array.isArray(value)) return value.map(toReply);
  return (value ?? null) as Reply;
}

function millisecondsOf(time: unknown): number {
  const [seconds, micros] = time as readonly [string, string];
  return Number(seconds) * 1000 + Number(micros) / 1000;
}
