import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { STATES, endsWatch, mustIdentify } from '../notice.ts';
import type { State } from '../notice.ts';
import { must } from '../verdict.ts';
import { TRANSPORTS, describe, withWatch } from '../watch.ts';
import type { Transport } from '../watch.ts';

const QUIET_MS = 300;

/** Who comes late is told what is, on every transport, and is sent home where nothing more will come. */
export const lateSubscriber: readonly Check[] = STATES.flatMap((state) =>
  TRANSPORTS.map((transport) => ({
    group: 'late subscriber',
    name: `${state} over ${transport}`,
    slow: false,
    run: (bench: Bench) => comeLate(bench, state, transport),
  })),
);

async function comeLate(bench: Bench, state: State, transport: Transport): Promise<void> {
  const ticket = await bench.ticketIn(state);
  const cursor = await withWatch(transport, ticket, {}, async (watch) => {
    const notice = await watch.notice();
    mustIdentify(notice, ticket.id, state);
    if (!endsWatch(state)) await watch.quiet(QUIET_MS);
    else {
      const word = await watch.next();
      const stopped = word?.says === 'stop' || (transport === 'events' && word?.says === 'end');
      must(stopped, `after the outcome came ${describe(word)}`);
    }
    return notice.cursor;
  });
  await withWatch(transport, ticket, { after: cursor }, async (watch) => {
    if (!endsWatch(state)) return watch.quiet(QUIET_MS);
    const word = await watch.next();
    must(word?.says === 'stop', `with the outcome's cursor came ${describe(word)}`);
  });
}
