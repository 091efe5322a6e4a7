import type { Archive } from '../../record/archive.ts';
import { StoreRefused } from '../../store/refused.ts';
import { Database } from './database.ts';
import { PostgresArchive } from './postgres-archive.ts';

/** The archive in a PostgreSQL. It may be away now; tables are made once it is there. @param address `postgres://…` */
export async function openPostgresArchive(address: string, wallNow: () => number): Promise<Archive> {
  return new PostgresArchive(new Database(address), wallNow);
}

/** The same to be read, while gateways write it. @throws {@link StoreRefused} where it is away, or has no record. */
export async function openPostgresArchiveToRead(address: string, wallNow: () => number): Promise<Archive> {
  const database = new Database(address);
  try {
    const { rows } = await database.query("SELECT to_regclass('scangate_entries') IS NOT NULL AS there");
    if (rows[0]?.['there'] !== true) throw new StoreRefused('there is no record in the database');
    return new PostgresArchive(database, wallNow, false);
  } catch (error) {
    await database.close();
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(`SCANGATE_ARCHIVE: ${(error as Error).message}`, { cause: error });
  }
}
