import type { Entry, Facts, Personal } from '../entry/entry.ts';
import type { SortableId } from '../ids/sortable-id.ts';
import type { SortableIds } from '../ids/sortable-ids.ts';

/** How many reported events may wait for the archive. */
export const REPORTS_MAX = 10_000;

interface Report {
  readonly facts: Facts;
  readonly personal: Personal;
  id: Promise<SortableId | undefined>;
}

/** Events that stand in no log and wait to be kept. What there is no room for is counted, and told as a gap. */
export class Reports {
  readonly #ids: SortableIds;
  readonly #waiting: Report[] = [];
  #dropped = 0;

  constructor(ids: SortableIds) {
    this.#ids = ids;
  }

  /** Takes one. It never waits, and never throws. */
  add(facts: Facts, personal: Personal): void {
    if (this.#waiting.length >= REPORTS_MAX) this.#dropped += 1;
    else this.#waiting.push({ facts, personal, id: this.#makeId() });
  }

  /**
   * The oldest, at most `limit`. They stay until {@link Reports.remove}, and an id once given stays as well.
   *
   * @throws ClockWentBack
   */
  async first(limit: number): Promise<readonly Entry[]> {
    this.#addGap();
    const entries: Entry[] = [];
    for (const report of this.#waiting.slice(0, limit)) {
      let id = await report.id;
      if (id === undefined) {
        id = await this.#ids.next();
        report.id = Promise.resolve(id);
      }
      entries.push({ id, facts: report.facts, personal: report.personal });
    }
    return entries;
  }

  remove(count: number): void {
    this.#waiting.splice(0, count);
  }

  #addGap(): void {
    if (this.#dropped === 0) return;
    const facts = { kind: 'gap', reason: 'reported events that there was no room for', count: this.#dropped };
    this.#dropped = 0;
    this.#waiting.push({ facts, personal: {}, id: this.#makeId() });
  }

  #makeId(): Promise<SortableId | undefined> {
    return this.#ids.next().catch(() => undefined);
  }
}
