/** What happened around one fault: milliseconds after it, to whom, and what. */
export type TraceEvent = readonly [ms: number, who: string, what: string];

/** A master is killed, or a planned move is asked for. */
export type Fault = 'kill' | 'move';

/** One failover of a master with two replicas under three Sentinels. */
export interface Trace {
  readonly fault: Fault;
  readonly events: readonly TraceEvent[];
}

export const DOWN_AFTER_MS = 1_000;
export const FAILOVER_TIMEOUT_MS = 3_000;

/** How long after the fault is looked on: until an old master that lives is demoted. */
export const LOOKS_MS = 16_000;

/** What Sentinels publish that a trace keeps. */
export const KEPT = [
  '+sdown',
  '+odown',
  '+try-failover',
  '+vote-for-leader',
  '+elected-leader',
  '+selected-slave',
  '+promoted-slave',
  '+slave-reconf-sent',
  '+config-update-from',
  '+failover-end',
  '+switch-master',
  '+convert-to-slave',
] as const;

/** Names servers by their part (old, new, third) and Sentinels too (leader, follower), for both to be compared. */
export function byPart(
  fault: Fault,
  events: readonly TraceEvent[],
  old: string,
  servers: readonly string[],
): Trace {
  const promoted = events.find(
    ([, who, what]) => servers.includes(who) && who !== old && what === 'master',
  )?.[1];
  const leader = events.find(([, , what]) => what === '+promoted-slave')?.[1];
  let followers = 0;
  const parts = new Map<string, string>();
  const partOf = (who: string): string => {
    if (who === old) return 'old';
    if (servers.includes(who)) return who === promoted ? 'new' : 'third';
    return who === leader ? 'leader' : `follower ${++followers}`;
  };
  const named = (who: string): string => {
    const part = parts.get(who) ?? partOf(who);
    parts.set(who, part);
    return part;
  };
  const renamed = events.map(([ms, who, what]): TraceEvent => {
    const master = /^slave of (.*)$/.exec(what)?.[1];
    return [Math.round(ms), named(who), master === undefined ? what : `slave of ${named(master)}`];
  });
  return { fault, events: renamed };
}

/** What each one saw, in its order; all followers are one. */
export function sequencesOf({ events }: Trace): readonly (readonly [part: string, whats: string])[] {
  const seen = new Map<string, string[]>();
  for (const [, who, what] of events) seen.set(who, [...(seen.get(who) ?? []), what]);
  return [...seen].map(([who, whats]) => [partOf(who), whats.join(' ')]);
}

/** When what happened to whom for the first time. */
export function firstTimesOf({ events }: Trace): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const [ms, who, what] of events) {
    const name = `${partOf(who)} ${what}`;
    if (!times.has(name)) times.set(name, ms);
  }
  return times;
}

const partOf = (who: string): string => who.replace(/ \d+$/, '');
