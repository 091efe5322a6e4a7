/**
 * Something that has a history. The id's first two characters decide its partition, so a session that takes over its
 * ticket's first two shares the ticket's partition.
 *
 * `canary:` subjects are reserved for readiness: one event each, skipped by folds and rebuilds.
 */
export type Subject = `${SubjectKind}:${string}`;
export type SubjectKind = 'ticket' | 'session' | 'canary';

const SHAPE = /^(ticket|session|canary):[A-Za-z0-9_-]{2,128}$/;

/** Whether a text is a subject that a store takes: a kind, and an id of 2 to 128 base64url characters. */
export function isSubject(text: string): text is Subject {
  return SHAPE.test(text);
}

export function ticketSubject(ticketId: string): Subject {
  return `ticket:${ticketId}`;
}

export function sessionSubject(sid: string): Subject {
  return `session:${sid}`;
}

export function canarySubject(id: string): Subject {
  return `canary:${id}`;
}

export function kindOf(subject: Subject): SubjectKind {
  return subject.slice(0, subject.indexOf(':')) as SubjectKind;
}

export function idOf(subject: Subject): string {
  return subject.slice(subject.indexOf(':') + 1);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The partition of a subject: the 12 bits of its id's first two base64url characters, modulo the number of partitions. */
export function partitionOf(subject: Subject, partitions: number): number {
  const start = subject.indexOf(':') + 1;
  const bits = ALPHABET.indexOf(subject.charAt(start)) * 64 + ALPHABET.indexOf(subject.charAt(start + 1));
  return (bits < 0 ? 0 : bits) % partitions;
}

/** The most partitions that a store has: those of a Cluster. */
const PARTITIONS_MAX = 64;

/** At least one subject of each partition, of ids that nothing has. */
export function subjectsOfAllPartitions(kind: SubjectKind): readonly Subject[] {
  return Array.from(
    { length: PARTITIONS_MAX },
    (_, bits): Subject => `${kind}:${ALPHABET.charAt(bits >> 6)}${ALPHABET.charAt(bits & 63)}`,
  );
}
