import type { Page } from '../../record/archive.ts';
import { msOf } from '../../record/ids/sortable-id.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import { dayOf, firstId } from './days.ts';

/** Ids between these two, which are left out themselves. */
export interface Window {
  readonly after: SortableId;
  readonly before: SortableId;
}

/** How many days a page is looked for in before all of them are: a database plans and locks each day's table that it may have to read. */
const DAYS = [2, 16];

const BEFORE_ALL = -1n;
const BEHIND_ALL = (1n << 63n) - 1n;

/**
 * Where a page is looked for, one after the other until it is full: in the days where it begins, and at last in all that was
 * asked for.
 */
export function windowsOf(
  { after, before, newestFirst = false }: Pick<Page, 'after' | 'before' | 'newestFirst'>,
  nowMs: number,
): readonly Window[] {
  const asked: Window = { after: after ?? BEFORE_ALL, before: before ?? BEHIND_ALL };
  // Where the record begins is known to nobody before it is looked at.
  if (!newestFirst && after === undefined) return [asked];
  const begin = dayOf(newestFirst ? Math.min(nowMs, msOf(asked.before)) : msOf(asked.after));
  const narrow = DAYS.map((days): Window =>
    newestFirst
      ? { ...asked, after: firstId(begin - days + 1) - 1n }
      : { ...asked, before: firstId(begin + days) },
  );
  return [...narrow.filter((window) => window.after > asked.after || window.before < asked.before), asked];
}
