import type { SignIn } from './sign-in.ts';

/** What happens once to a ticket. */
const ONCE: readonly string[] = ['minted', 'scanned', 'confirmed', 'denied', 'redeemed'];
/** Decisions that exclude each other. */
const DECISIONS: readonly string[] = ['confirmed', 'denied', 'cancelled'];

/** A part of the rehearsal: its name, and when it began, by `performance.now()`. */
export interface Act {
  readonly title: string;
  readonly fromMs: number;
}

/** What the sign-ins that began in one act came to. */
export interface Row {
  readonly act: string;
  readonly sign_ins: number;
  /** Answers that said yes. */
  readonly acknowledged: number;
  /** Of those, the ones that the log does not have in the end. */
  readonly lost: number;
  /** Tickets with two sessions, a step that happened twice, or two decisions that exclude each other. */
  readonly doubled: number;
  /** Browsers that were told an outcome that the log does not have. */
  readonly told_wrongly: number;
  /** People who gave up. */
  readonly unfinished: number;
  /** The longest time without a yes that ended in this act, in seconds. */
  readonly pause_s: number;
}

/**
 * Holds what people were told against what the store has in the end.
 *
 * @param log the types of each ticket's events.
 */
export function judge(
  acts: readonly Act[],
  signIns: readonly SignIn[],
  log: ReadonlyMap<string, readonly string[]>,
): readonly Row[] {
  const pauses = pausesOf(acts, signIns);
  return acts.map(({ title }, index) => {
    const own = signIns.filter(({ act }) => act === index);
    const typesOf = ({ ticketId }: SignIn): readonly string[] => log.get(ticketId ?? '') ?? [];
    const lost = own.flatMap((signIn) =>
      signIn.acknowledged.filter(({ step }) => !typesOf(signIn).includes(step)),
    );
    return {
      act: title,
      sign_ins: own.length,
      acknowledged: own.flatMap(({ acknowledged }) => acknowledged).length,
      lost: lost.length,
      doubled: own.filter((signIn) => isDoubled(signIn, typesOf(signIn))).length,
      told_wrongly: own.filter((one) => one.heard !== undefined && !typesOf(one).includes(one.heard)).length,
      unfinished: own.filter(({ ending }) => ending === undefined || ending === 'gave up').length,
      pause_s: Math.round(pauses[index]! / 100) / 10,
    };
  });
}

/** Whether every promise was kept. */
export function isKept({ lost, doubled, told_wrongly: wrongly, unfinished }: Row): boolean {
  return lost + doubled + wrongly + unfinished === 0;
}

/** All rows as one. */
export function totalOf(rows: readonly Row[]): Row {
  const sum = (count: (row: Row) => number): number => rows.reduce((before, row) => before + count(row), 0);
  return {
    act: 'all',
    sign_ins: sum((row) => row.sign_ins),
    acknowledged: sum((row) => row.acknowledged),
    lost: sum((row) => row.lost),
    doubled: sum((row) => row.doubled),
    told_wrongly: sum((row) => row.told_wrongly),
    unfinished: sum((row) => row.unfinished),
    pause_s: Math.max(0, ...rows.map((row) => row.pause_s)),
  };
}

function isDoubled({ sessions, acknowledged }: SignIn, types: readonly string[]): boolean {
  const said = acknowledged.map(({ step }) => step);
  return sessions.size > 1 || isTwice(said) || isTwice(types);
}

function isTwice(types: readonly string[]): boolean {
  return (
    ONCE.some((once) => types.filter((type) => type === once).length > 1) ||
    DECISIONS.filter((decision) => types.includes(decision)).length > 1
  );
}

/** For each act the longest time without a yes that ended in it, in milliseconds. */
function pausesOf(acts: readonly Act[], signIns: readonly SignIn[]): readonly number[] {
  const yes = signIns
    .flatMap(({ acknowledged }) => acknowledged.map(({ atMs }) => atMs))
    .toSorted((one, other) => one - other);
  return acts.map(({ fromMs }, index) => {
    const toMs = acts[index + 1]?.fromMs ?? Infinity;
    const gaps = yes.map((atMs, at) => (atMs < fromMs || atMs >= toMs || at === 0 ? 0 : atMs - yes[at - 1]!));
    return Math.max(0, ...gaps);
  });
}
