import { Redis as Client } from 'ioredis';

const ASK_LIMIT_MS = 5000;

/** Sends one command to a Redis on this machine, over a connection of its own. Never waits longer than 5 s. */
export async function ask(
  at: number | { readonly host: string; readonly port: number },
  command: string,
  ...args: readonly (string | number)[]
): Promise<unknown> {
  const client = new Client({
    ...(typeof at === 'number' ? { host: '127.0.0.1', port: at } : at),
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: ASK_LIMIT_MS,
    commandTimeout: ASK_LIMIT_MS,
    disconnectTimeout: 20,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(command, ...args.map(String));
  } finally {
    client.disconnect();
  }
}

/** `name:value` lines, as INFO and CLUSTER INFO answer. */
export function fieldsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\r\n').map((line) => line.split(/:(.*)/s));
  return Object.fromEntries(pairs.filter((pair) => pair.length > 1).map(([name, value]) => [name, value]));
}

/** A flat list of names and values, or a map, as SENTINEL MASTER answers. */
export function recordOf(reply: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(reply)) return reply as Record<string, string>;
  const record: Record<string, string> = {};
  for (let index = 0; index < reply.length; index += 2)
    record[String(reply[index])] = String(reply[index + 1]);
  return record;
}
