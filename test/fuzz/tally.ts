/** What was sent, and what came back. */
export interface Tally {
  sent: number;
  /** Sequences that were played to their ends. */
  played: number;
  /** Statuses that came back, and how often; `held` where nothing did, as it may. */
  readonly statuses: Counts;
  /** By operation: what was done to its requests, and what they were answered. */
  readonly malformed: Map<string, Row>;
  /** By the one thing that was wrong in the midst of a sign-in. */
  readonly wrong: Map<string, Row>;
  readonly mistakes: string[];
}

export type Counts = Map<string, number>;

/** One line of a table. */
export interface Row {
  sent: number;
  readonly done: Counts;
  readonly answers: Counts;
}

/** More mistakes say nothing new: a run ends with them. */
export const MISTAKES_MAX = 30;

export const newTally = (): Tally => ({
  sent: 0,
  played: 0,
  statuses: new Map(),
  malformed: new Map(),
  wrong: new Map(),
  mistakes: [],
});

/** Counts one answer, for a row as well where one is told. */
export function count(
  tally: Tally,
  status: number | undefined,
  row?: { readonly of: 'malformed' | 'wrong'; readonly name: string; readonly done?: readonly string[] },
): void {
  const answer = status === undefined ? 'held' : String(status);
  tally.sent += 1;
  add(tally.statuses, answer);
  if (row === undefined) return;
  const rows = tally[row.of];
  const into = rows.get(row.name) ?? { sent: 0, done: new Map(), answers: new Map() };
  rows.set(row.name, into);
  into.sent += 1;
  add(into.answers, answer);
  for (const name of row.done ?? []) add(into.done, name);
}

function add(counts: Counts, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
