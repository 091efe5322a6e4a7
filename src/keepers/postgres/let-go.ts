import type { ChainHead } from '../../record/chain/link.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import { msOf } from '../../record/ids/sortable-id.ts';
import type { Database, Statements } from './database.ts';
import { COLUMNS } from './row.ts';
import { dayOf, dayOfTable, firstId, tableOf } from './days.ts';
import { tryLockTables } from './migration.ts';

const NAMES = COLUMNS.map(([name]) => name).join(', ');

/** An entry at the low end of its chain. */
interface Low extends ChainHead {
  readonly id: SortableId;
  readonly chain: number;
}

/**
 * Lets go of entries before an id: whole days by their tables, and of the rest at most `limit`, each chain from its low end.
 * Where another node does the same now, nothing goes here.
 */
export async function letGo(database: Database, before: SortableId, limit: number): Promise<number> {
  const gone = await database.transaction(async (statements) => {
    if (!(await tryLockTables(statements))) return undefined;
    const day = await oldestDay(statements, before);
    if (day !== undefined) return await dropDay(statements, day);
    return await letGoOfOldest(statements, before, limit);
  });
  return gone ?? 0;
}

/** The oldest day with a table, where all of it lies before an id. */
async function oldestDay(statements: Statements, before: SortableId): Promise<number | undefined> {
  const { rows } = await statements.query(
    "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'scangate_entries'::regclass",
  );
  const days = rows.map(({ relname }) => dayOfTable(String(relname))).filter((day) => day !== undefined);
  const oldest = Math.min(...days);
  return days.length > 0 && oldest < dayOf(msOf(before)) ? oldest : undefined;
}

/**
 * Drops the oldest day's table. Entries that stand in their chain behind one of a later day stay, in the table of the rest,
 * until that one goes: a chain has no holes.
 */
async function dropDay(statements: Statements, day: number): Promise<number> {
  const table = tableOf(day);
  const next = firstId(day + 1);
  // Chains first, as whoever adds does: neither waits for the other in a circle.
  await statements.query('LOCK TABLE scangate_chains IN SHARE ROW EXCLUSIVE MODE');
  await statements.query('LOCK TABLE scangate_entries IN ACCESS EXCLUSIVE MODE');
  await statements.query(
    `CREATE TEMPORARY TABLE scangate_staying ON COMMIT DROP AS
     WITH young AS MATERIALIZED (
       SELECT head.chain, (
         SELECT min(link) FROM scangate_entries AS entry WHERE entry.chain = head.chain AND id >= ${next}
       ) AS first FROM scangate_chains AS head
     )
     SELECT ${NAMES} FROM scangate_entries JOIN young USING (chain) WHERE id < ${next} AND link > first`,
  );
  const { rows } = await statements.query(
    `WITH last AS (
       SELECT chain, max(link) AS link, count(*) AS gone FROM scangate_entries
       WHERE id < ${next} AND id NOT IN (SELECT id FROM scangate_staying) GROUP BY chain
     ), moved AS (
       UPDATE scangate_chains SET floor_link = entry.link, floor_hash = entry.hash
       FROM last JOIN scangate_entries AS entry ON entry.chain = last.chain AND entry.link = last.link AND entry.id < ${next}
       WHERE scangate_chains.chain = last.chain
     )
     SELECT coalesce(sum(gone), 0) AS gone FROM last`,
  );
  await statements.query(`DROP TABLE ${table}`);
  await statements.query(`DELETE FROM scangate_entries_rest WHERE id < ${next}`);
  await statements.query(`INSERT INTO scangate_entries (${NAMES}) SELECT ${NAMES} FROM scangate_staying`);
  await statements.query(
    'DELETE FROM scangate_keys WHERE last_id < coalesce((SELECT min(id) FROM scangate_entries), $1)',
    [next],
  );
  return Number(rows[0]?.['gone'] ?? 0);
}

async function letGoOfOldest(statements: Statements, before: SortableId, limit: number): Promise<number> {
  const { rows } = await statements.query(
    `SELECT low.id, low.chain, low.link, low.hash FROM scangate_chains AS head CROSS JOIN LATERAL (
       SELECT id, chain, link, hash FROM scangate_entries AS entry WHERE entry.chain = head.chain ORDER BY link LIMIT $1
     ) AS low ORDER BY low.chain, low.link`,
    [limit],
  );
  const going = oldestOf(rows.map(lowIn), before).slice(0, limit);
  if (going.length === 0) return 0;
  const { rows: gone } = await statements.query(
    'DELETE FROM scangate_entries WHERE id = ANY ($1::bigint[]) RETURNING key, ticket',
    [going.map(({ id }) => id)],
  );
  const floors = [...new Map(going.map((low) => [low.chain, low])).values()];
  await statements.query(
    `UPDATE scangate_chains SET floor_link = last.link, floor_hash = last.hash
     FROM unnest($1::integer[], $2::bigint[], $3::text[]) AS last (chain, link, hash)
     WHERE last.chain = scangate_chains.chain`,
    [floors.map(({ chain }) => chain), floors.map(({ link }) => link), floors.map(({ hash }) => hash)],
  );
  await statements.query(
    `DELETE FROM scangate_keys USING unnest($1::text[], $2::text[]) AS gone (key, ticket)
     WHERE name = gone.key AND scangate_keys.last_id < $3
       AND NOT EXISTS (SELECT FROM scangate_entries AS entry WHERE entry.ticket = gone.ticket)`,
    [gone.map(({ key }) => key), gone.map(({ ticket }) => ticket), before],
  );
  return gone.length;
}

/** Those before an id, of each chain up to the first that is younger; what all before it are older than comes first. */
function oldestOf(lows: readonly Low[], before: SortableId): readonly Low[] {
  const orders = new Map<number, SortableId>();
  const ended = new Set<number>();
  const found = lows.flatMap((low) => {
    if (ended.has(low.chain)) return [];
    if (low.id >= before) {
      ended.add(low.chain);
      return [];
    }
    const known = orders.get(low.chain) ?? 0n;
    const order = low.id > known ? low.id : known;
    orders.set(low.chain, order);
    return [{ low, order }];
  });
  return found.toSorted((one, other) => Number(one.order - other.order)).map(({ low }) => low);
}

function lowIn(row: Readonly<Record<string, unknown>>): Low {
  return {
    id: BigInt(String(row['id'])),
    chain: Number(row['chain']),
    link: Number(row['link']),
    hash: String(row['hash']),
  };
}
