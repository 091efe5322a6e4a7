import { idOf, msOf } from '../../record/ids/sortable-id.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { Database } from './database.ts';
import { lockTables } from './migration.ts';

const DAY_MS = 86_400_000;

/** How many days one call makes tables for: what lies further apart goes to the rest. */
const MADE_MAX = 400;

/** The days of entries (UTC), each a table of its own, so that it can go as a whole. */
export class Days {
  readonly #database: Database;
  readonly #known = new Set<number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes the tables of the days of these ids. */
  async make(ids: readonly SortableId[]): Promise<void> {
    const days = new Set(ids.map((id) => dayOf(msOf(id))));
    const missing = [...days].filter((day) => !this.#known.has(day)).slice(0, MADE_MAX);
    for (const day of missing) await this.#makeOne(day);
  }

  async #makeOne(day: number): Promise<void> {
    await this.#database.transaction(async (statements) => {
      await lockTables(statements);
      const [from, to] = [firstId(day), firstId(day + 1)];
      const { rows } = await statements.query(
        'SELECT to_regclass($1) IS NOT NULL AS there, EXISTS (SELECT FROM scangate_entries_rest WHERE id >= $2 AND id < $3) AS late',
        [tableOf(day), from, to],
      );
      const isNeeded = rows[0]?.['there'] !== true && rows[0]?.['late'] !== true;
      // Names and bounds are numbers of our own; a table's definition takes no parameters.
      if (isNeeded && from < to)
        await statements.query(
          `CREATE TABLE ${tableOf(day)} PARTITION OF scangate_entries FOR VALUES FROM (${from}) TO (${to})`,
        );
      return true;
    });
    this.#known.add(day);
  }
}

/** The table of a day: `scangate_entries_20260131`. */
export function tableOf(day: number): string {
  return `scangate_entries_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/** The first id of a day: those before belong to earlier ones. */
export function firstId(day: number): SortableId {
  return idOf(day * DAY_MS, 0);
}

/** The day of a table that {@link tableOf} named; undefined for any other. */
export function dayOfTable(name: string): number | undefined {
  const parts = /^scangate_entries_(\d{4})(\d{2})(\d{2})$/.exec(name);
  return parts === null ? undefined : dayOf(Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}`));
}
