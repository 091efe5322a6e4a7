import { PERSONAL_COLUMNS } from '../../record/entry/entry.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { Database } from './database.ts';
import { lockTables } from './migration.ts';
import { PLACES, boundsOf, nameOf } from './row.ts';

const EMPTIED = [...PERSONAL_COLUMNS]
  .flatMap((name) => PLACES[name])
  .map((place) => `${place} = NULL`)
  .join(', ');

/** Forgets keys, and what a person is found by of entries. Nothing is let go of meanwhile: each would wait for the other in a circle. */
export async function forget(
  database: Database,
  names: readonly string[],
  ids: readonly SortableId[],
): Promise<void> {
  const keys = names.map(nameOf).toSorted();
  const [from, to] = boundsOf(ids);
  await database.transaction(async (statements) => {
    await lockTables(statements);
    // In the order in which whoever adds takes them.
    await statements.query(
      'SELECT FROM scangate_keys WHERE name = ANY ($1::text[]) ORDER BY name FOR UPDATE',
      [keys],
    );
    await statements.query('UPDATE scangate_keys SET bytes = NULL WHERE name = ANY ($1::text[])', [keys]);
    await statements.query(
      `UPDATE scangate_entries SET ${EMPTIED} WHERE id = ANY ($1::bigint[]) AND id >= $2 AND id <= $3`,
      [ids, from, to],
    );
    return true;
  });
}
