import { Redis as Client } from 'ioredis';
import type { Redis } from '../../support/redis.ts';
import { startSentinelTopology } from '../../support/sentinel.ts';
import { DOWN_AFTER_MS, FAILOVER_TIMEOUT_MS, KEPT, LOOKS_MS, byPart } from './trace.ts';
import type { Fault, Trace, TraceEvent } from './trace.ts';

const LOOK_EVERY_MS = 5;

/** Plays one fault on real servers and Sentinels of this machine, and writes down what each of them sees. */
export async function recordTrace(fault: Fault): Promise<Trace> {
  const times = { downAfterMs: DOWN_AFTER_MS, failoverTimeoutMs: FAILOVER_TIMEOUT_MS };
  const topology = await startSentinelTopology(times);
  const events: TraceEvent[] = [];
  const clients: Client[] = [];
  let faultAt = Infinity;
  const connect = ({ port }: Redis): Client => {
    const client = new Client({ host: '127.0.0.1', port, protocol: 2, disconnectTimeout: 20 });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  const note = (who: string, what: string): void => {
    const ms = performance.now() - faultAt;
    if (ms >= 0) events.push([ms, who, what]);
  };
  const looking = new AbortController();

  try {
    for (const sentinel of topology.sentinels) {
      const client = connect(sentinel);
      await client.psubscribe('*');
      client.on('pmessage', (_pattern, channel: string) => {
        if ((KEPT as readonly string[]).includes(channel)) note(`sentinel ${sentinel.port}`, channel);
      });
    }
    const servers = topology.nodes.map((node) => `127.0.0.1:${node.port}`);
    for (const [i, node] of topology.nodes.entries())
      void watchRole(connect(node), servers[i] as string, note, looking);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const old = topology.nodes[0] as Redis;
    faultAt = performance.now();
    if (fault === 'kill') await old.kill();
    else await topology.sentinels[0]?.ask('SENTINEL', 'FAILOVER', topology.masterName);
    await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
    return byPart(fault, events, servers[0] as string, servers);
  } finally {
    looking.abort();
    for (const client of clients) client.disconnect();
    await topology.stop();
  }
}

async function watchRole(
  client: Client,
  name: string,
  note: (who: string, what: string) => void,
  { signal }: AbortController,
): Promise<void> {
  let before: string | undefined;
  while (!signal.aborted) {
    const reply = (await client.role().catch(() => undefined)) as readonly string[] | undefined;
    const [role, host, port] = reply ?? [];
    const follows = role === 'master' ? role : `slave of ${host}:${port}`;
    const now = role === undefined ? before : follows;
    if (now !== before && before !== undefined && now !== undefined) note(name, now);
    before = now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
