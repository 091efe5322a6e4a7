import { startGateway } from '../support/gateway.ts';
import { randomFrom } from '../support/random.ts';
import { Sender } from './exchange.ts';
import { comparable, makePhotographer, nextTry, photographAll, unknownTicket } from './photograph.ts';
import type { Photographed, Try } from './photograph.ts';

export interface PhotographedOptions {
  readonly seed: number;
  readonly tries: number;
  /** Another build than this checkout's. */
  readonly main: string | undefined;
}

/** How far apart the medians may be. */
const APART_US = 50;
const WARM_UP = 300;
/** Tickets end after minutes; others are photographed in their place. */
const OF_ONE = 500;

interface Pair {
  readonly name: string;
  readonly realUs: number;
  readonly unrealUs: number;
}

/** Compares both, prints the medians, and returns the exit status: 1 where they differ. */
export async function comparePhotographed({ seed, tries, main }: PhotographedOptions): Promise<number> {
  const gateway = await startGateway(main === undefined ? {} : { main });
  const sender = new Sender(gateway.url, 1);
  const random = randomFrom(seed);
  const pairs: Pair[] = [];
  const unequal: string[] = [];
  console.log(`photographer --seed ${seed} --tries ${tries}`);
  try {
    const photographer = await makePhotographer(gateway.url);
    let tickets: readonly Photographed[] = [];
    for (let count = -WARM_UP; count < tries; count += 2) {
      if (tickets.length === 0 || count % OF_ONE === 0) tickets = await photographAll(gateway.url);
      const next = nextTry(photographer, random);
      const both = [random.pick(tickets), unknownTicket(random)] as const;
      const timed = new Map<Photographed, { us: number; answer: unknown }>();
      for (const ticket of random.shuffled(both)) timed.set(ticket, await timedTry(sender, next, ticket));
      const [real, unreal] = both.map((ticket) => timed.get(ticket)!);
      if (JSON.stringify(real!.answer) !== JSON.stringify(unreal!.answer))
        unequal.push(`${next.name}: ${JSON.stringify(real!.answer)} and ${JSON.stringify(unreal!.answer)}`);
      if (count >= 0) pairs.push({ name: next.name, realUs: real!.us, unrealUs: unreal!.us });
    }
  } finally {
    sender.close();
    await gateway.stop();
  }
  return tell(pairs, unequal);
}

async function timedTry(
  sender: Sender,
  { tried }: Try,
  ticket: Photographed,
): Promise<{ us: number; answer: unknown }> {
  const sending = tried(ticket);
  const begun = performance.now();
  const answer = await sender.send(sending);
  return { us: (performance.now() - begun) * 1000, answer: comparable(answer, ticket) };
}

function tell(pairs: readonly Pair[], unequal: readonly string[]): number {
  const placeOf = ({ name }: Pair): string => name.split(' with ', 1)[0] ?? '';
  for (const place of new Set(pairs.map(placeOf)))
    line(
      place,
      pairs.filter((pair) => placeOf(pair) === place),
    );
  const apart = line('all', pairs);
  for (const what of unequal.slice(0, 10)) console.log(`- not alike: ${what}`);
  const isFound = Math.abs(apart) > APART_US;
  console.log(isFound ? `found: ${Math.round(apart)} µs` : `no more than ${APART_US} µs apart`);
  return isFound || unequal.length > 0 ? 1 : 0;
}

/** Prints the medians, and answers the median of the differences: both of a pair were asked at the same moment. */
function line(place: string, pairs: readonly Pair[]): number {
  const real = median(pairs.map(({ realUs }) => realUs));
  const unreal = median(pairs.map(({ unrealUs }) => unrealUs));
  const apart = median(pairs.map(({ realUs, unrealUs }) => realUs - unrealUs));
  const figures = [real, unreal, apart].map((us) => String(Math.round(us)).padStart(6));
  console.log(
    `${place.padEnd(14)} real ${figures[0]} µs, never was ${figures[1]} µs, apart ${figures[2]} µs`,
  );
  return apart;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
