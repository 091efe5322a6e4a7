import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import type { Database, Statements } from './database.ts';

// Inside a build they lie within it, in a checkout beside the sources.
const BUILT = new URL('../../migrations/postgres/', import.meta.url);
const FOLDER = existsSync(BUILT) ? BUILT : new URL('../../../migrations/postgres/', import.meta.url);

/** Whoever changes tables holds this advisory lock; the number means nothing. */
const LOCK = 7_264_426_853;

/** Takes the lock under which tables are made and dropped, until the transaction ends. */
export async function lockTables(statements: Statements): Promise<void> {
  await statements.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
}

/** The same where nobody has it. */
export async function tryLockTables(statements: Statements): Promise<boolean> {
  const { rows } = await statements.query('SELECT pg_try_advisory_xact_lock($1) AS held', [LOCK]);
  return rows[0]?.['held'] === true;
}

/**
 * Brings a database to this release, under a lock; it may run any number of times. @returns what was done, line by line.
 *
 * @throws StoreUnavailable
 */
export async function migrateDatabase(database: Database): Promise<readonly string[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).toSorted();
  const done = await database.transaction(async (statements) => {
    await lockTables(statements);
    await statements.query(
      'CREATE TABLE IF NOT EXISTS scangate_migrations (number integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await statements.query('SELECT number FROM scangate_migrations');
    const ran = new Set(rows.map(({ number }) => Number(number)));
    const lines: string[] = [];
    for (const name of names) {
      const number = Number(name.slice(0, 4));
      if (!ran.has(number)) {
        await statements.query(await readFile(new URL(name, FOLDER), 'utf8'));
        await statements.query('INSERT INTO scangate_migrations (number) VALUES ($1)', [number]);
      }
      lines.push(`postgres/${name}: ${ran.has(number) ? 'was there' : 'done'}`);
    }
    return lines;
  });
  return done ?? [];
}
