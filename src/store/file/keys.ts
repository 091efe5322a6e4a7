import type { Subject } from '../subject.ts';

/**
 * Every key of the file store. Keys are compared as bytes; numbers in them have a fixed width, so they sort by value.
 *
 *     m                            what this file is: format and timeline
 *     h<subject>                   head
 *     l<subject> <version>         one event of the log
 *     t<stamp> <subject> <version> the log by age, for trimming
 *     d<deadline> <subject>        subjects that can still move, by deadline
 *     x<deadline> <subject>        final subjects, by the end that they had
 *     v<name>  c<name>  s<name>    ledger: values, counts, sets
 *     z<end> <ledger key>          ledger entries, by the end of their life
 *     o<number>                    the outbox: events that its reader has not acknowledged
 *     p                            how many of them were let go before it read them, and when they were written
 */
export const META_KEY = Buffer.from('m');

/** The most digits that a time or a version has here. */
const DIGITS = 15;

export function headKey(subject: Subject): Buffer {
  return Buffer.from(`h${subject}`);
}

/** The bounds of the heads of all sessions and tickets, or of those behind one of them. */
export function headRange(behind?: Subject): { readonly start: Buffer; readonly end: Buffer } {
  const start = behind === undefined ? Buffer.from('hsession:') : Buffer.from(`h${behind}!`);
  return { start, end: Buffer.from('hticket;') };
}

export function subjectOfHead(key: Buffer): Subject {
  return key.toString('utf8', 1) as Subject;
}

export function logKey(subject: Subject, version: number): Buffer {
  return Buffer.from(`l${subject} ${fixed(version)}`);
}

/** The bounds of one subject's log: from the first, up to but not including the second. */
export function logRange(subject: Subject): { readonly start: Buffer; readonly end: Buffer } {
  return { start: Buffer.from(`l${subject} `), end: Buffer.from(`l${subject}!`) };
}

/** The bounds of the log of all tickets, or of those behind one of them. */
export function ticketLogRange(behind?: Subject): { readonly start: Buffer; readonly end: Buffer } {
  const start = behind === undefined ? Buffer.from('lticket:') : logRange(behind).end;
  return { start, end: Buffer.from('lticket;') };
}

export function subjectOfLog(key: Buffer): Subject {
  return key.toString('utf8', 1, key.lastIndexOf(' ')) as Subject;
}

export function ageKey(at: number, subject: Subject, version: number): Buffer {
  return Buffer.from(`t${fixed(at)} ${subject} ${fixed(version)}`);
}

/** The log key that an age key stands for. */
export function logKeyOfAge(key: Buffer): Buffer {
  return Buffer.from(`l${key.toString('utf8', DIGITS + 2)}`);
}

/** Where a subject stands in the order of deadlines. */
export function agendaKey(deadline: number, subject: Subject, final: boolean): Buffer {
  return Buffer.from(`${final ? 'x' : 'd'}${fixed(deadline)} ${subject}`);
}

export function subjectOfAgenda(key: Buffer): Subject {
  return key.toString('utf8', DIGITS + 2) as Subject;
}

/** Every key that there may be. */
export const ALL_KEYS = { start: Buffer.from([0]), end: Buffer.from([255]) };

/** A ledger entry: a value, a count, or a set. */
export function ledgerKey(kind: 'v' | 'c' | 's', name: string): Buffer {
  return Buffer.from(`${kind}${name}`);
}

export function endKey(end: number, ledger: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`z${fixed(end)} `), ledger]);
}

export function ledgerKeyOfEnd(key: Buffer): Buffer {
  return key.subarray(DIGITS + 2);
}

/** An event in the outbox, by its number in the order of writing. */
export function outboxKey(number: number): Buffer {
  return Buffer.from(`o${fixed(number)}`);
}

export const OUTBOX_LOST_KEY = Buffer.from('p');

export function outboxRange(): { readonly start: Buffer; readonly end: Buffer } {
  return { start: Buffer.from('o'), end: Buffer.from('p') };
}

/** The time that an age, agenda or end key begins with, in milliseconds. */
export function timeOf(key: Buffer): number {
  return Number(key.toString('latin1', 1, DIGITS + 1));
}

/** All keys of one timed kind whose time is from `from` up to and including `to`, in milliseconds. */
export function timeRange(
  kind: 't' | 'd' | 'x' | 'z',
  from: number,
  to: number,
): { readonly start: Buffer; readonly end: Buffer } {
  return { start: Buffer.from(kind + fixed(from)), end: Buffer.from(`${kind}${fixed(to)}!`) };
}

function fixed(number: number): string {
  return String(Math.max(0, Math.ceil(number))).padStart(DIGITS, '0');
}
