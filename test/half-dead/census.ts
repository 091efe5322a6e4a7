import { setTimeout as sleep } from 'node:timers/promises';

/** How many connections the gateway says it has, by what they are about (`scangate_tcp_connections`). */
export type Counts = Readonly<Record<string, number>>;

const EVERY_MS = 1000;
const ROW = /^scangate_tcp_connections\{state="(\w+)"\} (\d+)$/gm;

export const sumOf = (counts: Counts): number => Object.values(counts).reduce((all, one) => all + one, 0);

/** Asks the gateway itself, on its operators' listener. */
export async function countsAt(adminUrl: string): Promise<Counts> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Object.fromEntries([...text.matchAll(ROW)].map(([, state, count]) => [state!, Number(count)]));
}

/** Looks once a second until it is stopped, and says of each look what it saw. */
export function watchCounts(
  adminUrl: string,
  seen: (counts: Counts) => void,
): { readonly stop: () => Promise<void> } {
  const stopped = new AbortController();
  const work = (async () => {
    while (!stopped.signal.aborted) {
      // Where it does not answer, there is nothing to count; sign-ins tell that they fail.
      await countsAt(adminUrl).then(seen, () => undefined);
      await sleep(EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await work;
    },
  };
}

/** Of many looks: the one in the middle by how many were held, and the least and the most of all. */
export function spreadOf(looks: readonly Counts[]): {
  readonly least: number;
  readonly middle: Counts;
  readonly most: number;
} {
  const sorted = looks.toSorted((one, other) => sumOf(one) - sumOf(other));
  const middle = sorted[Math.floor(sorted.length / 2)] ?? {};
  return { least: sumOf(sorted[0] ?? {}), middle, most: sumOf(sorted.at(-1) ?? {}) };
}
