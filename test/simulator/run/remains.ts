import type { LoggedEvent } from '../../history/history.ts';
import type { SimulatedServer } from '../server/simulated-server.ts';

const LOG_KEY = /^\{sg:\d+\}log$/;

/** All events of tickets and sessions that a server has, each partition's in its order. */
export function readLog({ engine }: SimulatedServer): readonly LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (const key of [...engine.data.keys()].filter((one) => LOG_KEY.test(one)).sort()) {
    const stream = engine.data.get(key);
    if (stream?.kind !== 'stream') throw new Error(`${key} is no stream`);
    for (const { fields } of stream.all()) {
      const event = readEntry(Buffer.from(fields[1] ?? '', 'latin1').toString('utf8'));
      if (!event.subject.startsWith('canary:')) events.push(event);
    }
  }
  return events;
}

type Entry = readonly [
  subject: string,
  version: number,
  id: string,
  at: number,
  deadline: number,
  type: string,
  schema: number,
  after: string,
  data: { readonly user?: { readonly subject: string } },
];

/** An entry is one JSON array (docs/architecture.md). */
function readEntry(text: string): LoggedEvent {
  const [subject, version, cursor, at, deadline, type, , after, data] = JSON.parse(text) as Entry;
  const actor = type === 'scanned' ? data.user?.subject : undefined;
  return { subject, version, cursor, after, type, at, deadline, ...(actor === undefined ? {} : { actor }) };
}
