import { createRequire } from 'node:module';
import { BadSetting } from './bad-setting.ts';

/** Which store is used: one process' own folder, or a Redis that nodes share. */
export type StoreKind = 'file' | 'redis';

/** The kind of store that `SCANGATE_STORE` names. @throws {@link BadSetting} */
export function storeKindOf(store: string): StoreKind {
  if (/^file:./.test(store)) return 'file';
  if (/^rediss?(\+sentinel|\+cluster)?:\/\/./.test(store)) return 'redis';
  throw new BadSetting(
    'SCANGATE_STORE',
    'must be file:<folder>, redis://, rediss://, redis+sentinel:// or redis+cluster://',
  );
}

/** Checks `SCANGATE_ARCHIVE`. @throws {@link BadSetting} */
export function assertArchiveAddress(address: string | undefined): void {
  if (address === undefined) return;
  if (!/^postgres(ql)?:\/\/./.test(address) || !URL.canParse(address))
    throw new BadSetting('SCANGATE_ARCHIVE', 'must be postgres://user:password@host:port/database');
  archiveTlsOf(address);
}

/** How the driver of PostgreSQL asks for TLS: not at all, or with what is checked of the server. */
export type ArchiveTls = boolean | { readonly rejectUnauthorized?: boolean };

/**
 * What the driver makes of an address: `sslmode` means to it what libpq means by it in part only. Nothing is connected.
 *
 * @throws {@link BadSetting} where it would refuse the address at its first connection.
 */
export function archiveTlsOf(address: string): ArchiveTls {
  const { Client } = createRequire(import.meta.url)('pg') as {
    readonly Client: new (config: { readonly connectionString: string }) => { readonly ssl: ArchiveTls };
  };
  try {
    return new Client({ connectionString: address }).ssl;
  } catch (error) {
    const [why] = (error as Error).message.split('. ', 1);
    throw new BadSetting('SCANGATE_ARCHIVE', `is refused by the driver: ${why}`);
  }
}
