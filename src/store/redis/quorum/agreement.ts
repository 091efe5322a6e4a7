import type { ReplicaView, VoterView } from './voter-view.ts';

/** What a majority of those who vote about a master says at one moment. */
export interface Agreement {
  /** The master, `<host>:<port>`. */
  readonly master: string;
  /** Its config epoch. Master and epoch together name a term: the time in which one server is the master. */
  readonly epoch: number;
  /** Every replica that one of them lists, and whether most of those that list it cannot reach it. */
  readonly replicas: readonly ReplicaView[];
}

/**
 * What most of them agree on: the same master under the same config epoch. Who did not answer counts too, as it does
 * when they vote. Undefined where no majority says the same.
 *
 * A replica counts as down where more than half of those that list it cannot reach it. One that a single voter lists
 * counts like any other, because that Sentinel may be the one that promotes it.
 *
 * @param atLeast how many voters there are at least: one that was reset knows of itself alone.
 */
export function agreementOf(views: readonly VoterView[], atLeast = 0): Agreement | undefined {
  const all = Math.max(atLeast, ...views.map(({ voters }) => voters));
  const each = [...new Map(views.map((view) => [view.id, view])).values()];
  for (const { master, epoch } of each) {
    const same = each.filter((view) => sameTerm(view, { master, epoch }));
    if (same.length > all / 2) return { master, epoch, replicas: replicasOf(same) };
  }
  return undefined;
}

/** Whether two agreements are of one term. */
export function sameTerm(a: Term, b: Term): boolean {
  return a.master === b.master && a.epoch === b.epoch;
}

/** The time in which one server is the master. */
export type Term = Pick<Agreement, 'master' | 'epoch'>;

function replicasOf(views: readonly VoterView[]): readonly ReplicaView[] {
  const votes = new Map<string, { listed: number; down: number }>();
  for (const { name, down } of views.flatMap(({ replicas }) => replicas)) {
    const vote = votes.get(name) ?? { listed: 0, down: 0 };
    votes.set(name, { listed: vote.listed + 1, down: vote.down + (down ? 1 : 0) });
  }
  return [...votes].map(([name, { listed, down }]) => ({ name, down: down > listed / 2 }));
}
